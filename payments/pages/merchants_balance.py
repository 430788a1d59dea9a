"""A merchant's balance: what is owed, when the rest becomes usable, every line with its reason and date."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_GET

from kernel import clock
from kernel.books import Book
from kernel.errors import NotFound
from kernel.money import Money
from ledger import balances
from ledger.balances import Line
from ledger.legs import AccountKey
from ledger.purposes import OwnerKind, Purpose
from merchants.models import Merchant
from merchants.pages.desk import Desk, page, show
from merchants.roles import Permission
from settlement import plans
from settlement.fees import FeePlan, SaleFees

from .. import postings
from ..models import Payment, Refund
from ..waits import Waiting, wait_of

_SHOWN_PURPOSES = (Purpose.MERCHANT, Purpose.MERCHANT_RESERVE, Purpose.SURPLUS)
_PENDING_DAYS = 14


@dataclass(frozen=True, slots=True)
class Entry:
    """A line as it is shown: why it is there, which order it belongs to, and when it counts."""

    line: Line
    reason: str
    order_key: str
    order_number: str
    waiting: Waiting | None  # why it is not usable yet


@require_GET
@page(Permission.VIEW_BALANCE)
def balance(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Cards by currency, then the lines of one of them."""
    merchant = desk.merchant
    now, plan = clock.now(merchant), plans.of(merchant.id)
    keys = [
        key
        for key in balances.keys_of(OwnerKind.MERCHANT, merchant.id, Book(merchant.book))
        if key.purpose in _SHOWN_PURPOSES
    ]
    chosen = _chosen(keys, request.GET.get("currency", ""), request.GET.get("account", Purpose.MERCHANT))
    lines = balances.lines(chosen, cursor=request.GET.get("before", "")) if chosen else None
    facts = {
        "cards": balances.of_many(keys, at=now),
        "chosen": chosen,
        "entries": _entries(lines.lines, now, plan) if lines else [],
        "older": lines.cursor if lines else "",
        "pending": balances.pending(chosen, at=now, limit=_PENDING_DAYS) if chosen else [],
        "plan": _plan_said(merchant, plan),
    }
    return show(request, desk, "dashboard/balance.html", facts)


def reason_of(kind: str, amount: Money, fees: SaleFees | None) -> str:
    """Why a line is there, in words. Fees are lines of their own, of the opposite sign.

    `fees` are those of the payment or refund that the line is about: they tell whose a fee is.
    """
    main, fee = {
        postings.CAPTURED: (gettext("Sale"), _fee_said(amount, fees)),
        postings.SET_ASIDE: (gettext("Refund"), gettext("Fee given back with a refund")),
        postings.GIVEN_UP: (gettext("Refund that the channel refused"), gettext("Fee taken again")),
        postings.SURPLUS: (gettext("Money beside an order, kept for its buyer"), gettext("Adjustment")),
    }.get(kind, (gettext("Adjustment"), gettext("Adjustment")))
    is_main = (amount.amount < 0) is (kind == postings.SET_ASIDE)
    return main if is_main else fee


def _fee_said(amount: Money, fees: SaleFees | None) -> str:
    if fees is None or fees.platform == fees.channel:
        return gettext("Fee of a sale")
    return gettext("Platform's fee") if -amount == fees.platform else gettext("Channel's fee")


def _chosen(keys: list[AccountKey], currency: str, purpose: str) -> AccountKey | None:
    """The account whose lines are shown: the asked one, else the first. Raises NotFound."""
    if not keys:
        return None
    wanted = [key for key in keys if key.purpose == purpose and currency in ("", key.currency)]
    if not wanted and currency:
        raise NotFound(currency=currency[:8])
    return (wanted or keys)[0]


def _entries(lines: list[Line], now: datetime, plan: FeePlan) -> list[Entry]:
    subjects = _subjects(lines)
    entries = []
    for line in lines:
        subject = subjects.get(line.subject[1])
        entries.append(
            Entry(
                line=line,
                reason=reason_of(
                    line.kind, line.amount, subject.fees if isinstance(subject, Payment) else None
                ),
                order_key=subject.order.key if subject else "",
                order_number=subject.order.number if subject else "",
                waiting=_waiting(line, subject, plan) if line.available_at > now else None,
            )
        )
    return entries


def _waiting(line: Line, subject: Payment | Refund | None, plan: FeePlan) -> Waiting:
    """From when its money was paid until the line counts. A refund's line waits for its sale's own money."""
    payment = subject.payment if isinstance(subject, Refund) else subject
    paid_at = payment.paid_at if payment and payment.paid_at else line.occurred_at
    return wait_of(paid_at, line.available_at, plan, language=(get_language() or "en")[:2])


def _subjects(lines: list[Line]) -> dict[UUID, Payment | Refund]:
    """The payments and refunds that the lines are about."""
    keys = [line.subject[1] for line in lines]
    found: dict[UUID, Payment | Refund] = {}
    found |= Payment.objects.select_related("order").in_bulk(keys)
    found |= Refund.objects.select_related("order", "payment").in_bulk(keys)
    return found


def _plan_said(merchant: Merchant, plan: FeePlan) -> dict[str, object]:
    """The plan in figures that a person reads, and when money paid right now could be used."""
    return {
        "percent": (plan.rate.value * 100).normalize(),
        "days": plan.settlement_days,
        "bears_channel": plan.merchant_bears_channel,
        "available_at": plan.available_at(clock.now(merchant)),
    }
