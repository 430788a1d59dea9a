"""Everything about one order that a merchant reads: why it was not paid, where its money is, who was told."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext

from audit import queries as audit_queries
from kernel import clock
from kernel.money import Money
from merchants.services import coupons
from merchants.services.coupons import Shown
from risk.models import Decision
from risk.reasons import REASONS as RISK
from settlement import queries as settlement
from settlement.fees import SaleFees
from settlement.models import Statement
from settlement.services import permits
from webhooks import histories

from .. import money_back
from ..diagnoses import diagnose
from ..failure_words import ADVICE, NAMES
from ..models import Dispute, Notice, Order, Payment, Refund
from ..money_back import Arrival
from ..notice_reasons import REASONS as NOTICE
from ..notice_reasons import outcome, subject
from ..services import accounts
from .deeds import Deed, deed_said

_TRAIL = 50
_NOTICES = 20


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to pay: what came of it, and what a merchant does about it."""

    payment: Payment
    method: str
    category: str
    sentence: str
    advice: str


@dataclass(frozen=True, slots=True)
class Breakdown:
    """From the price to the statement, an amount a line. `settles_at`: when it is, if it is not yet."""

    listed: Money
    codes: list[Shown]
    promotion: Money
    paid: Money
    channel: Money
    platform: Money
    net: Money
    returned: Money
    fees_back: Money
    promotion_back: Money
    statement: Statement | None
    settles_at: datetime | None

    @property
    def left(self) -> Money:
        """What is the merchant's after all that went back."""
        return self.net - self.returned + self.fees_back - self.promotion_back


@dataclass(frozen=True, slots=True)
class Back:
    """One refund: the fees that came back with it, and when it is expected at the buyer's."""

    refund: Refund
    fees: Money
    arrival: Arrival | None


@dataclass(frozen=True, slots=True)
class Heard:
    """One notice of the channel, as it was judged."""

    at: datetime
    said: str
    state: str
    why: str


def facts_of(order: Order, attempts: list[Payment], *, sees_money: bool) -> dict[str, object]:
    """What the page shows beside the order itself. `sees_money`: the reader may look at statements."""
    payment = next((one for one in attempts if one.use == "applied"), None)
    refunds = list(Refund.objects.filter(order=order).select_related("account", "payment").order_by("id"))
    found = diagnose(order, attempts)
    disputes = Dispute.objects.filter(order=order).values_list("pk", flat=True)
    subjects = [order.pk, *(one.pk for one in attempts), *(one.pk for one in refunds), *disputes]
    trail = audit_queries.of_subject("order", order.pk)[:_TRAIL]
    return {
        "attempts": [_attempt(one) for one in attempts],
        "answer": (gettext(found.said), gettext(found.advice)) if found else None,
        "money": _breakdown(order, payment, sees_money=sees_money) if payment else None,
        "refunds": [_back(order, one) for one in refunds],
        "notices": _notices(attempts),
        "risk": _risk(order),
        "deliveries": histories.deliveries_about(order.merchant_id, subjects),
        "trail": [Deed(deed_said(row.action), row.at, row.reason) for row in trail],
    }


def _attempt(payment: Payment) -> Attempt:
    known, failure = accounts.method_named(payment.method), payment.failure
    return Attempt(
        payment=payment,
        method=gettext(known.label) if known else payment.method,
        category=gettext(NAMES[failure]) if failure else "",
        sentence=gettext(failure.sentence) if failure else "",
        advice=gettext(ADVICE[failure]) if failure else "",
    )


def _breakdown(order: Order, payment: Payment, *, sees_money: bool) -> Breakdown:
    fees: SaleFees = payment.fees
    statement = settles_at = None
    if sees_money and payment.available_at is not None:
        statement = settlement.statement_covering(order.merchant, payment.currency, payment.available_at)
        if statement is None and permits.is_permitted(order.merchant):
            behind = max(payment.available_at, clock.now(order.merchant))
            settles_at = settlement.settles_behind(order.merchant, behind)
    return Breakdown(
        listed=order.list_price,
        codes=coupons.codes_of(order.pk) if order.discount else [],
        promotion=Money(payment.promotion, payment.currency),
        paid=payment.money,
        channel=fees.channel,
        platform=fees.platform,
        net=payment.money - fees.from_merchant + Money(payment.promotion, payment.currency),
        returned=payment.money - payment.refundable,
        fees_back=payment.fees_returned.from_merchant,
        promotion_back=Money(payment.promotion_returned, payment.currency),
        statement=statement,
        settles_at=settles_at,
    )


def _back(order: Order, refund: Refund) -> Back:
    fees = refund.fees(merchant_bears_channel=refund.payment.merchant_bears_channel)
    return Back(refund, fees.from_merchant, money_back.arrival(refund, order.merchant))


def _notices(attempts: list[Payment]) -> list[Heard]:
    rows = Notice.objects.filter(payment__in=[one.pk for one in attempts], asked=False)
    return [
        Heard(
            row.received_at,
            subject(row.said, row.reason),
            outcome(row.state, row.reason),
            gettext(NOTICE[row.reason]) if row.reason in NOTICE else "",
        )
        for row in rows.order_by("-received_at")[:_NOTICES]
    ]


def _risk(order: Order) -> tuple[Decision, list[str]] | None:
    decision = Decision.objects.filter(pk=order.decision_id).first() if order.decision_id else None
    if decision is None:
        return None
    codes = [reason["code"] for reason in decision.reasons]
    return decision, [gettext(RISK[code]) if code in RISK else code for code in codes]
