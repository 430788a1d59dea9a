"""Monthly recurring revenue, by its log: what it was at a moment, and why it moved. Never across books.

MRR is the sum of what active and past due subscriptions are worth a month; trials and paused ones count
nothing. Minor units, six decimals.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db.models import Count, F, Q, QuerySet, Sum

from kernel.books import Book

from .models import RecurringChange, Subscription
from .states import InvoiceKind, InvoiceState, RecurringKind


@dataclass(frozen=True, slots=True)
class Bridge:
    """How MRR came from one moment to another, in one currency. `moves` add up to the difference."""

    opening: Decimal
    moves: Mapping[RecurringKind, Decimal]
    closing: Decimal


@dataclass(frozen=True, slots=True)
class Churn:
    """Subscriptions that counted when a time began, and those of them that were lost in it."""

    began: int
    lost: int

    @property
    def rate(self) -> Decimal | None:
        """The share that was lost; None: there was nobody to lose."""
        return Decimal(self.lost) / self.began if self.began else None


@dataclass(frozen=True, slots=True)
class Trials:
    """Trials that ended in a time, and those of them that were paid for afterwards."""

    ended: int
    converted: int

    @property
    def rate(self) -> Decimal | None:
        """The share that was converted; None: none ended."""
        return Decimal(self.converted) / self.ended if self.ended else None


def at(book: Book, moment: datetime, *, merchant_id: UUID | None = None) -> dict[str, Decimal]:
    """MRR by currency at a moment, of a merchant or of all."""
    rows = _log(book, merchant_id).filter(at__lte=moment).values_list("currency")
    return {currency: value for currency, value in rows.annotate(mrr=Sum(_STEP)) if value}


def bridge(
    book: Book, begin: datetime, end: datetime, *, merchant_id: UUID | None = None
) -> dict[str, Bridge]:
    """Why MRR moved after `begin` until `end`, by currency."""
    opening, closing = (at(book, moment, merchant_id=merchant_id) for moment in (begin, end))
    steps = _log(book, merchant_id).filter(at__gt=begin, at__lte=end)
    moves: dict[str, dict[RecurringKind, Decimal]] = {}
    for currency, kind, value in steps.values_list("currency", "kind").annotate(mrr=Sum(_STEP)):
        moves.setdefault(currency, {})[RecurringKind(kind)] = value
    return {
        currency: Bridge(
            opening.get(currency, Decimal(0)), moves.get(currency, {}), closing.get(currency, Decimal(0))
        )
        for currency in sorted({*opening, *closing, *moves})
    }


def churn(book: Book, begin: datetime, end: datetime, *, merchant_id: UUID | None = None) -> Churn:
    """Who counted at `begin`, and who of them was lost until `end` and did not come back."""
    began = _counting(book, begin, merchant_id)
    return Churn(len(began), len(began - _counting(book, end, merchant_id)))


def trials(book: Book, begin: datetime, end: datetime, *, merchant_id: UUID | None = None) -> Trials:
    """Trials whose end fell after `begin` until `end`, and how many of them were paid for."""
    found = Subscription.objects.filter(
        book=book, had_trial=True, trial_ends__gt=begin, trial_ends__lte=end, **_of(merchant_id)
    )
    paid = Q(invoices__kind=InvoiceKind.RENEWAL, invoices__state=InvoiceState.PAID)
    counted = found.aggregate(
        ended=Count("pk", distinct=True), converted=Count("pk", filter=paid, distinct=True)
    )
    return Trials(counted["ended"], counted["converted"])


_STEP = F("after") - F("before")


def _of(merchant_id: UUID | None) -> dict[str, UUID]:
    return {"merchant_id": merchant_id} if merchant_id else {}


def _log(book: Book, merchant_id: UUID | None) -> QuerySet[RecurringChange]:
    return RecurringChange.objects.filter(book=book, **_of(merchant_id)).order_by()


def _counting(book: Book, moment: datetime, merchant_id: UUID | None) -> set[UUID]:
    """Subscriptions that were worth something at a moment."""
    sums = _log(book, merchant_id).filter(at__lte=moment).values("subscription_id").annotate(mrr=Sum(_STEP))
    return set(sums.filter(mrr__gt=0).values_list("subscription_id", flat=True))
