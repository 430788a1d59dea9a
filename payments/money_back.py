"""What a merchant reads of its refunds: a page of them, and when each is expected at the buyer's."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Q

from kernel import calendar
from kernel.errors import said
from merchants.models import Merchant, Store

from .models import Refund
from .states import OPEN_REFUNDS, RefundState

PAGE = 25

VIEWS: dict[str, Q] = {
    "": Q(),
    "open": Q(state__in=sorted(OPEN_REFUNDS)),
    "done": Q(state=RefundState.SUCCEEDED),
    "failed": Q(state=RefundState.FAILED),
}
"""The saved views of the list, by their name in the address."""


@dataclass(frozen=True, slots=True)
class _Way:
    """Business days from the channel's yes to the buyer's account, and what a buyer reads of them."""

    soonest: int
    longest: int
    words: str


# As the channels tell their customers: a wallet gets it at once, a card waits for its bank.
_WAYS: Mapping[str, _Way] = {
    "alipay": _Way(
        0, 3, said("It usually arrives within minutes; some banks take up to three business days.")
    ),
    "stripe": _Way(5, 10, said("The bank of the card usually shows it within five to ten business days.")),
}
_ANY = _Way(0, 10, said("It usually arrives within ten business days."))


@dataclass(frozen=True, slots=True)
class RefundPage:
    """Newest first. `older` continues the list; empty: this is its end."""

    refunds: list[Refund]
    older: str


@dataclass(frozen=True, slots=True)
class Arrival:
    """The days between which a refund is expected at the buyer's, as their bank and channel usually do."""

    earliest: date
    latest: date


def page(
    merchant: Merchant, *, store: Store | None = None, view: str = "", before: UUID | None = None
) -> RefundPage:
    """A page of refunds, of one store or of all."""
    found = Refund.objects.filter(VIEWS.get(view, Q()), merchant=merchant)
    if store is not None:
        found = found.filter(order__store=store)
    if before is not None:
        found = found.filter(id__lt=before)
    rows = list(found.select_related("order", "account", "payment").order_by("-id")[: PAGE + 1])
    return RefundPage(rows[:PAGE], rows[PAGE - 1].request_no if len(rows) > PAGE else "")


def arrival(refund: Refund, merchant: Merchant) -> Arrival | None:
    """When it is expected; None where nothing is on its way any more. An open one counts from its request."""
    if refund.state == RefundState.FAILED:
        return None
    begins = refund.concluded_at or refund.requested_at
    day = begins.astimezone(ZoneInfo(merchant.time_zone)).date()
    way = _WAYS.get(refund.account.channel, _ANY)
    return Arrival(
        calendar.add_business_days(day, way.soonest, merchant.country),
        calendar.add_business_days(day, way.longest, merchant.country),
    )


def words(channel: str) -> str:
    """How long money takes on its way back over this channel: a sentence for the buyer, to be translated."""
    return _WAYS.get(channel, _ANY).words
