"""A merchant's balance: what is owed, when the rest becomes usable, every line with its reason and date."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
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
from settlement import plans, words
from settlement.fees import FeePlan, SaleFees
from settlement.models import Payout

from .. import postings
from ..models import Dispute, Payment, Refund
from ..waits import Waiting, wait_of

_SHOWN_PURPOSES = (Purpose.MERCHANT, Purpose.MERCHANT_RESERVE, Purpose.SURPLUS)
_PENDING_DAYS = 14
# A kind, and whether it gives, where the platform's part of a discount runs beside the buyer's money.
_WITH_DISCOUNTS = {(postings.CAPTURED, True), (postings.SET_ASIDE, False), (postings.GIVEN_UP, True)}

Subject: TypeAlias = Payment | Refund | Dispute | Payout


@dataclass(frozen=True, slots=True)
class Entry:
    """A line as it is shown: why it is there, where it comes from, and when it counts."""

    line: Line
    reason: str
    address: str  # of the order or payout behind it
    source: str  # what people call that
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
        "entries": _entries(lines.lines, merchant, now, plan) if lines else [],
        "older": lines.cursor if lines else "",
        "pending": balances.pending(chosen, at=now, limit=_PENDING_DAYS) if chosen else [],
        "plan": _plan_said(merchant, plan),
    }
    return show(request, desk, "dashboard/balance.html", facts)


def reason_of(kind: str, amount: Money, fees: SaleFees | None, whole: Money | None = None) -> str:
    """Why a line is there, in words. Fees are lines of their own, of the opposite sign.

    `fees` are those of the payment that the line is about: they tell whose a fee is. `whole` is what the
    buyer paid or gets back: what else runs the same way is the platform's part of a discount.
    """
    is_part = whole is not None and abs(amount.amount) != whole.amount
    if is_part and (kind, amount.amount > 0) in _WITH_DISCOUNTS:
        return gettext(words.MADE_UP_FOR)
    if kind == postings.CAPTURED and amount.amount < 0:
        return _fee_said(amount, fees)
    return gettext(words.of_kind(kind, gives=amount.amount > 0))


def _fee_said(amount: Money, fees: SaleFees | None) -> str:
    if fees is None or fees.platform == fees.channel:
        return gettext(words.of_kind(postings.CAPTURED, gives=False))
    return gettext(words.PLATFORM_FEE if -amount == fees.platform else words.CHANNEL_FEE)


def _chosen(keys: list[AccountKey], currency: str, purpose: str) -> AccountKey | None:
    """The account whose lines are shown: the asked one, else the first. Raises NotFound."""
    if not keys:
        return None
    wanted = [key for key in keys if key.purpose == purpose and currency in ("", key.currency)]
    if not wanted and currency:
        raise NotFound(currency=currency[:8])
    return (wanted or keys)[0]


def _entries(lines: list[Line], merchant: Merchant, now: datetime, plan: FeePlan) -> list[Entry]:
    subjects = _subjects(lines)
    entries = []
    for line in lines:
        subject = subjects.get(line.subject[1])
        address, source = _source(subject, merchant)
        entries.append(
            Entry(
                line=line,
                reason=_reason(line, subject),
                address=address,
                source=source,
                waiting=_waiting(line, subject, plan) if line.available_at > now else None,
            )
        )
    return entries


def _reason(line: Line, subject: Subject | None) -> str:
    if isinstance(subject, Payment):
        return reason_of(line.kind, line.amount, subject.fees, subject.came)
    return reason_of(line.kind, line.amount, None, subject.money if isinstance(subject, Refund) else None)


def _source(subject: Subject | None, merchant: Merchant) -> tuple[str, str]:
    """Where the thing behind a line is shown, and its name: a number of an order or of a statement."""
    if subject is None:
        return "", ""
    if isinstance(subject, Payout):
        return reverse("settlement:payout", args=[merchant.key, subject.request_no]), subject.statement.title
    order = subject.order
    return reverse("payments:merchant-order", args=[merchant.key, order.key]), order.number


def _waiting(line: Line, subject: Subject | None, plan: FeePlan) -> Waiting | None:
    """From when its money was paid until the line counts. A refund's line waits for its sale's own money.

    A payout waits for no business day.
    """
    if isinstance(subject, Payout):
        return None
    payment = subject if isinstance(subject, Payment) or subject is None else subject.payment
    paid_at = payment.paid_at if payment and payment.paid_at else line.occurred_at
    return wait_of(paid_at, line.available_at, plan, language=(get_language() or "en")[:2])


def _subjects(lines: list[Line]) -> dict[UUID, Subject]:
    """What the lines are about; only the kinds of things that there are lines of are looked up."""
    asked = {
        "payment": Payment.objects.select_related("order"),
        "refund": Refund.objects.select_related("order", "payment"),
        "dispute": Dispute.objects.select_related("order", "payment"),
        "payout": Payout.objects.select_related("statement"),
    }
    found: dict[UUID, Subject] = {}
    for name, things in asked.items():
        keys = [line.subject[1] for line in lines if line.subject[0] == name]
        found |= things.in_bulk(keys) if keys else {}
    return found


def _plan_said(merchant: Merchant, plan: FeePlan) -> dict[str, object]:
    """The plan in figures that a person reads, and when money paid right now could be used."""
    return {
        "percent": (plan.rate.value * 100).normalize(),
        "days": plan.settlement_days,
        "bears_channel": plan.merchant_bears_channel,
        "available_at": plan.available_at(clock.now(merchant)),
    }
