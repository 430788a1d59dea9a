"""The figures of memberships: each has one name, one definition and one query, whoever looks at it.

Per book and currency, never summed across them. Days and months are those of the merchant's zone, times are
on its clock. Rates are counted in subscriptions; amounts are minor units, of six decimals until shown.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, Exists, F, OuterRef, Q, Sum
from django.db.models.functions import TruncMonth

from kernel import clock
from kernel.books import Book
from kernel.errors import said
from kernel.money import Money
from merchants.models import Merchant
from payments.metrics import Metric, Rate
from payments.models import Payment
from payments.states import AttemptState, Use

from . import revenue
from .models import Invoice, RecurringChange, Subscription
from .revenue import Bridge
from .states import EndReason, InvoiceKind, InvoiceState, RecurringKind, SubscriptionState

MRR = Metric(
    said("Monthly recurring revenue"),
    said(
        "What the active and past due memberships are worth a month, before coupons and fees: the price of a"
        " quarter divided by 3, of a year by 12; a plan of days counts 30.4375 days a month. Trials and those"
        " that rest count nothing."
    ),
)
COMMITTED = Metric(
    said("Committed MRR"),
    said("MRR without the memberships that are already set to end."),
)
ARR = Metric(
    said("Annual recurring revenue"),
    said("MRR times 12: what a year would bring if nothing moved."),
)
BRIDGE = Metric(
    said("What moved MRR"),
    said(
        "New memberships, more of running ones, those that came back, less of running ones, and those that"
        " were lost or paused, by the month in which it happened. MRR before plus these is MRR after."
    ),
)
CHURN = Metric(
    said("Customer churn"),
    said(
        "Of the memberships that counted for MRR 30 days ago, how many do not count now. A pause counts until"
        " it ends; one that was not paid is counted apart."
    ),
)
UNPAID_CHURN = Metric(
    said("Churn without intent"),
    said("Of the memberships that counted for MRR 30 days ago, how many ended because they were not paid."),
)
TRIALS = Metric(
    said("Trial conversion"),
    said("Of the trials that ended in the last 90 days, how many were paid for afterwards."),
)
DUNNING = Metric(
    said("Recovered after a failed charge"),
    said(
        "Of the renewals due in the last 90 days that were not paid when they were due, how many were paid"
        " afterwards. Those that are still tried count as not paid."
    ),
)
ARPU = Metric(
    said("MRR per membership"),
    said("MRR divided by the memberships that it counts."),
)
DEFINITIONS = (MRR, COMMITTED, ARR, BRIDGE, CHURN, UNPAID_CHURN, TRIALS, DUNNING, ARPU)

WINDOW = timedelta(days=30)
COHORT = timedelta(days=90)
_A_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a currency stands now. `active`: the memberships that MRR counts; `past_due`: all that are."""

    currency: str
    mrr: Decimal
    committed: Decimal
    active: int
    past_due: int

    @property
    def arr(self) -> Money:
        """MRR of a year."""
        return rounded(self.mrr * 12, self.currency)

    @property
    def arpu(self) -> Money | None:
        """MRR of one membership; None: there is none."""
        return rounded(self.mrr / self.active, self.currency) if self.active else None


@dataclass(frozen=True, slots=True)
class Month:
    """The bridge of a month of the merchant's zone; of the one that runs, until now."""

    first: date
    bridge: Bridge


@dataclass(frozen=True, slots=True)
class Rates:
    """The rates of a merchant's memberships."""

    churn: Rate
    unpaid_churn: Rate
    trials: Rate
    dunning: Rate

    def __iter__(self) -> Iterator[Rate]:
        yield from (self.churn, self.unpaid_churn, self.trials, self.dunning)


def rounded(amount: Decimal, currency: str) -> Money:
    """A figure as it is shown: to the minor unit, halves away from zero."""
    return Money(int(amount.quantize(Decimal(1), ROUND_HALF_UP)), currency)


def standing(merchant: Merchant) -> list[Standing]:
    """MRR, what of it is committed, and of how many, by currency."""
    return _standing(Q(merchant=merchant, book=merchant.book))


def standing_of_all(book: Book) -> list[Standing]:
    """The same of every merchant of a book together."""
    return _standing(Q(book=book))


def _standing(whose: Q) -> list[Standing]:
    # A trial whose first charge was refused is past due, and was never worth anything.
    counts = Q(recurring__gt=0)
    shown = Subscription.objects.filter(whose, counts | Q(state=SubscriptionState.PAST_DUE)).order_by()
    rows = shown.values("currency").annotate(
        mrr=Sum("recurring"),
        committed=Sum("recurring", filter=Q(cancel_at_end=False), default=Decimal(0)),
        active=Count("pk", filter=counts),
        past_due=Count("pk", filter=Q(state=SubscriptionState.PAST_DUE)),
    )
    return [Standing(**row) for row in rows.order_by("currency")]


def months(merchant: Merchant, count: int) -> Mapping[str, list[Month]]:
    """The bridges of the last months by currency, the oldest first; each begins where the last ended."""
    zone = ZoneInfo(merchant.time_zone)
    days = last_months(merchant, count)
    begin = datetime.combine(days[0], datetime.min.time(), zone)
    book = Book(merchant.book)
    opening = revenue.at(book, begin - _A_MOMENT, merchant_id=merchant.pk)
    moves = _moves(merchant, book, begin, zone)
    currencies = sorted({*opening, *(currency for currency, _ in moves)})
    return {currency: _bridges(currency, opening, moves, days) for currency in currencies}


def rates(merchant: Merchant) -> Rates:
    """Churn of the last 30 days; trials and dunning of the last 90."""
    now, book = clock.now(merchant), Book(merchant.book)
    lost = revenue.churn(book, now - WINDOW, now, merchant_id=merchant.pk)
    trials = revenue.trials(book, now - COHORT, now, merchant_id=merchant.pk)
    return Rates(
        churn=Rate(CHURN, lost.lost, lost.began),
        unpaid_churn=Rate(UNPAID_CHURN, unpaid(merchant, now - WINDOW, now), lost.began),
        trials=Rate(TRIALS, trials.converted, trials.ended),
        dunning=dunning(merchant, now - COHORT, now),
    )


def unpaid(merchant: Merchant, begin: datetime, end: datetime) -> int:
    """Memberships that counted at `begin` and had ended unpaid by `end`."""
    value = Sum(F("recurring_changes__after") - F("recurring_changes__before"))
    ended = Subscription.objects.filter(
        *(Q(merchant=merchant), Q(book=merchant.book), Q(state=SubscriptionState.ENDED)),
        *(Q(end_reason=EndReason.UNPAID), Q(ended_at__gt=begin, ended_at__lte=end)),
        recurring_changes__at__lte=begin,
    )
    return ended.annotate(value=value).filter(value__gt=0).count()


def dunning(merchant: Merchant, begin: datetime, end: datetime) -> Rate:
    """Renewals due after `begin` until `end` that fell past due, and those of them that were paid."""
    of_order = Payment.objects.filter(order=OuterRef("order"))
    refused = of_order.filter(mandate_id__isnull=False, state=AttemptState.FAILED)
    by_buyer = of_order.filter(mandate_id__isnull=True, use=Use.APPLIED)
    late = Q(state=InvoiceState.PAID, paid_at__gt=F("due_at")) & (Q(Exists(refused)) | Q(Exists(by_buyer)))
    awaited = Q(state=InvoiceState.OPEN, subscription__past_due_since=F("due_at"))
    given_up = Q(state=InvoiceState.VOID, voided_at__gt=F("due_at"))
    due = Invoice.objects.filter(
        *(Q(merchant=merchant), Q(book=merchant.book), Q(kind=InvoiceKind.RENEWAL)),
        *(Q(order__isnull=False), Q(due_at__gt=begin, due_at__lte=end)),
    )
    counts = due.aggregate(
        entered=Count("pk", filter=late | awaited | given_up), recovered=Count("pk", filter=late)
    )
    return Rate(DUNNING, counts["recovered"], counts["entered"])


def last_months(merchant: Merchant, count: int) -> list[date]:
    """The first days of the merchant's last months, the oldest first; the last is of the one that runs."""
    found = [clock.now(merchant).astimezone(ZoneInfo(merchant.time_zone)).date().replace(day=1)]
    while len(found) < count:
        found.insert(0, (found[0] - timedelta(days=1)).replace(day=1))
    return found


def _moves(
    merchant: Merchant, book: Book, begin: datetime, zone: ZoneInfo
) -> dict[tuple[str, date], dict[RecurringKind, Decimal]]:
    rows = (
        RecurringChange.objects.filter(merchant=merchant, book=book, at__gte=begin)
        .order_by()
        .annotate(month=TruncMonth("at", tzinfo=zone))
        .values_list("currency", "month", "kind")
        .annotate(value=Sum(F("after") - F("before")))
    )
    found: dict[tuple[str, date], dict[RecurringKind, Decimal]] = {}
    month: Any
    for currency, month, kind, value in rows:
        found.setdefault((currency, month.date()), {})[RecurringKind(kind)] = value
    return found


def _bridges(
    currency: str,
    opening: Mapping[str, Decimal],
    moves: Mapping[tuple[str, date], dict[RecurringKind, Decimal]],
    firsts: list[date],
) -> list[Month]:
    value, found = opening.get(currency, Decimal(0)), []
    for first in firsts:
        steps = moves.get((currency, first), {})
        closing = value + sum(steps.values(), Decimal(0))
        found.append(Month(first, Bridge(value, steps, closing)))
        value = closing
    return found
