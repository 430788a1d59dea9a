"""How much of recurring revenue stays, month by month, and why buyers say that they leave."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db.models import Count, Q

from kernel import clock
from kernel.errors import said
from merchants.models import Merchant
from payments import sql
from payments.metrics import Metric

from .models import Subscription
from .states import EndReason, SubscriptionState

GROSS = Metric(
    said("Gross revenue retention"),
    said(
        "Gross: of the MRR at a month's beginning, how much the same memberships were worth at its end, where"
        " none counts for more than before: what shrank, was paused or was lost is missing."
    ),
)
NET = Metric(
    said("Net revenue retention"),
    said("Net: the same, with what grew. Memberships that are new in the month count for neither."),
)
REASONS_GIVEN = Metric(
    said("Reasons for leaving"),
    said(
        "Memberships that were cancelled and ended in the last 90 days or are set to end, by the reason that"
        " was chosen. Those that were not paid are no choice and not among them."
    ),
)
COHORT = timedelta(days=90)

# A membership at a month's two ends. What began within the month has nothing at its beginning.
_STAYED = sql.Statement("""
WITH months AS (
    SELECT n, begins, ends
    FROM unnest(%(begins)s::timestamptz[], %(ends)s::timestamptz[]) WITH ORDINALITY AS t (begins, ends, n)
), held AS (
    SELECT m.n, c.currency, coalesce(sum(c.after - c.before) FILTER (WHERE c.at < m.begins), 0) AS opening,
        sum(c.after - c.before) AS closing
    FROM months m JOIN subscriptions_recurringchange c ON c.at < m.ends
    WHERE c.merchant_id = %(merchant)s AND c.book = %(book)s
    GROUP BY m.n, c.currency, c.subscription_id
)
SELECT currency, n, sum(opening), sum(least(opening, closing)), sum(closing)
FROM held WHERE opening > 0 GROUP BY currency, n ORDER BY currency, n
""")


@dataclass(frozen=True, slots=True)
class Stayed:
    """A whole month of the merchant's zone. Minor units, six decimals; `opening` is above zero."""

    first: date
    opening: Decimal
    kept: Decimal  # without what grew
    closing: Decimal

    @property
    def gross(self) -> Decimal:
        """The share that stayed; at most one."""
        return self.kept / self.opening

    @property
    def net(self) -> Decimal:
        """The share that stayed, with what grew; may be above one."""
        return self.closing / self.opening


def months(merchant: Merchant, firsts: Sequence[date]) -> Mapping[str, list[Stayed]]:
    """The months that begin on these days, by currency; one before anything was worth something is left out.

    The month that runs is no whole one: it is not to be asked for.
    """
    zone = ZoneInfo(merchant.time_zone)
    begins = [datetime.combine(first, datetime.min.time(), zone) for first in firsts]
    ends = [_next_first(first, zone) for first in firsts]
    rows = _STAYED.rows({"begins": begins, "ends": ends, "merchant": merchant.pk, "book": str(merchant.book)})
    found: dict[str, list[Stayed]] = {}
    for currency, place, opening, kept, closing in rows:
        found.setdefault(currency, []).append(Stayed(firsts[place - 1], opening, kept, closing))
    return found


def _next_first(first: date, zone: ZoneInfo) -> datetime:
    after = (first + timedelta(days=31)).replace(day=1)
    return datetime.combine(after, datetime.min.time(), zone)


def reasons(merchant: Merchant) -> list[tuple[str, int]]:
    """What was given as a reason, and how often; the most frequent first. Empty: none was given."""
    since = clock.now(merchant) - COHORT
    left = Q(state=SubscriptionState.ENDED, end_reason=EndReason.CANCELLED, ended_at__gt=since)
    leaving = Q(cancel_at_end=True) & ~Q(state=SubscriptionState.ENDED)
    rows = Subscription.objects.filter(left | leaving, merchant=merchant, book=merchant.book)
    counted = rows.order_by().values_list("cancel_reason").annotate(count=Count("pk"))
    return sorted(counted, key=lambda row: (-row[1], row[0]))
