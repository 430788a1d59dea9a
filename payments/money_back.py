"""What a merchant reads of its refunds: a page of them, and when each is expected at the buyer's."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Q

from kernel import calendar
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

# Business days from the channel's yes to the buyer's account, as the channels tell their customers: a wallet
# gets it at once, a card waits for its bank.
_DAYS: Mapping[str, tuple[int, int]] = {"alipay": (0, 3), "stripe": (5, 10)}
_ANY = (0, 10)


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
    soonest, longest = _DAYS.get(refund.account.channel, _ANY)
    return Arrival(
        calendar.add_business_days(day, soonest, merchant.country),
        calendar.add_business_days(day, longest, merchant.country),
    )
