"""The figures of the first page: today's trade in the live book, and what waits for somebody."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection
from django.db.models import Count, Sum

from kernel import clock
from kernel.books import Book
from kernel.money import Money
from kernel.recent import Recent
from outbox import queries as outbox
from payments import metrics
from payments.metrics import Rates
from payments.models import Alert, Notice, Order, Payment, Refund
from payments.states import AttemptState, Fulfilment, NoticeState, RefundState, Use
from payments.subscriptions import metrics as subscriptions
from risk.models import Decision
from risk.states import Outcome
from settlement import queries as settlement

# An order is paid within this of its placing, or the figures of a day do not count it; ids carry the time.
_PAID_WITHIN = timedelta(days=2)
_DAYS = 7


@dataclass(frozen=True, slots=True)
class Trade:
    """The trade from a moment on. `delivered`: keys; `blocked`: purchases that risk refused."""

    gross: list[Money]
    rates: Rates
    delivered: int
    blocked: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits for a person, and what waits for a machine."""

    held: int
    undelivered: int
    alerts: int
    refunds: int
    payments_unknown: int
    notices: int
    events: int
    events_dead: int
    payouts: int
    payouts_stuck: int
    bank_accounts: int


@dataclass(frozen=True, slots=True)
class Day:
    """One bar of the week: orders paid, and what they came to in the currency that came most."""

    day: datetime
    paid: int
    gross: Money
    percent: int  # of the best day


@dataclass(frozen=True, slots=True)
class Method:
    """How a method fares today."""

    method: str
    opened: int
    succeeded: int
    percent: int


@dataclass(frozen=True, slots=True)
class Recurring:
    """Memberships in a currency: what they bring a month, how many count, how many of them are past due."""

    mrr: Money
    active: int
    past_due: int


@dataclass(frozen=True, slots=True)
class Today:
    """Everything on the first page."""

    since: datetime
    trade: Trade
    last_week: Trade
    waiting: Waiting
    week: list[Day]
    methods: list[Method]
    recurring: list[Recurring]
    held: list[Order]
    alerts: list[Alert]


_recent: Recent[str, Today] = Recent(seconds=10, size=1)


def read() -> Today:
    """The figures, at most ten seconds old."""
    return _recent.get("", _read)


def waiting() -> Waiting:
    """What waits, for the sidebar as well."""
    return read().waiting


def midnight(moment: datetime) -> datetime:
    """When the platform's day of `moment` began, in UTC."""
    zone = ZoneInfo(settings.TIME_ZONE)
    return datetime.combine(moment.astimezone(zone).date(), time.min, zone).astimezone(UTC)


def _read(_: str) -> Today:
    now = clock.now()
    start = midnight(now)
    week = timedelta(days=7)
    return Today(
        since=start,
        trade=_trade(start, now),
        last_week=_trade(start - week, now - week),
        waiting=_waiting(),
        week=_week(start),
        methods=_methods(start),
        recurring=_recurring(),
        held=list(
            Order.objects.filter(book=Book.LIVE, fulfilment=Fulfilment.HELD)
            .select_related("merchant")
            .order_by("pk")[:5]
        ),
        alerts=list(
            Alert.objects.filter(book=Book.LIVE, resolved_at=None)
            .select_related("merchant")
            .order_by("-last_at")[:5]
        ),
    )


def _trade(start: datetime, end: datetime) -> Trade:
    recent = Order.objects.filter(
        book=Book.LIVE, pk__gte=_first_id(start - _PAID_WITHIN), pk__lt=_first_id(end)
    )
    paid = recent.filter(paid_at__gte=start, paid_at__lt=end)
    sums = paid.values("currency").annotate(amount=Sum("total")).order_by("-amount")
    blocked = Decision.objects.filter(
        book=Book.LIVE, pk__gte=_first_id(start), pk__lt=_first_id(end), outcome=Outcome.BLOCK
    )
    delivered = recent.filter(delivered_at__gte=start, delivered_at__lt=end).aggregate(keys=Sum("quantity"))
    return Trade(
        gross=[Money(row["amount"], row["currency"]) for row in sums],
        rates=metrics.rates(recent.filter(placed_at__gte=start)),
        delivered=delivered["keys"] or 0,
        blocked=blocked.count(),
    )


def _recurring() -> list[Recurring]:
    return [
        Recurring(subscriptions.rounded(each.mrr, each.currency), each.active, each.past_due)
        for each in subscriptions.standing_of_all(Book.LIVE)
    ]


def _waiting() -> Waiting:
    to_do = dict(
        Order.objects.filter(book=Book.LIVE)
        .filter(fulfilment__in=[Fulfilment.HELD, Fulfilment.FAILED])
        .values_list("fulfilment")
        .annotate(count=Count("pk"))
    )
    events = outbox.standing()
    return Waiting(
        held=to_do.get(Fulfilment.HELD, 0),
        undelivered=to_do.get(Fulfilment.FAILED, 0),
        alerts=Alert.objects.filter(book=Book.LIVE, resolved_at=None).count(),
        refunds=Refund.objects.filter(book=Book.LIVE, next_query_at__isnull=False)
        .exclude(state=RefundState.SENT)
        .count(),
        payments_unknown=Payment.objects.filter(book=Book.LIVE)
        .filter(next_query_at__isnull=False, state=AttemptState.UNKNOWN)
        .count(),
        notices=Notice.objects.filter(state=NoticeState.RECEIVED).count(),
        events=events.unnumbered,
        events_dead=events.dead,
        payouts=settlement.awaiting_approval(Book.LIVE).count(),
        payouts_stuck=settlement.stuck(Book.LIVE).count(),
        bank_accounts=settlement.awaiting_confirmation(Book.LIVE).count(),
    )


_WEEK = """
    SELECT date_trunc('day', paid_at AT TIME ZONE %(zone)s), currency, count(*), sum(total)
    FROM payments_order
    WHERE book = 'live' AND id >= %(first)s AND paid_at >= %(start)s
    GROUP BY 1, 2
"""


def _week(start: datetime) -> list[Day]:
    first = start - timedelta(days=_DAYS - 1)
    values: dict[str, Any] = {
        "zone": settings.TIME_ZONE,
        "first": _first_id(first - _PAID_WITHIN),
        "start": first,
    }
    with connection.cursor() as cursor:
        cursor.execute(_WEEK, values)
        rows = cursor.fetchall()
    totals: dict[str, int] = {}
    for _day, currency, _count, amount in rows:
        totals[currency] = totals.get(currency, 0) + int(amount)
    main = max(totals, key=lambda currency: totals[currency], default="CNY")
    zone = ZoneInfo(settings.TIME_ZONE)
    days = []
    for ago in range(_DAYS - 1, -1, -1):
        day = (start - timedelta(days=ago)).astimezone(zone)
        mine = [row for row in rows if row[0].date() == day.date()]
        gross = sum(int(amount) for _day, currency, _count, amount in mine if currency == main)
        days.append((day, sum(count for _day, _currency, count, _amount in mine), gross))
    best = max((gross for *_rest, gross in days), default=0)
    return [
        Day(day, paid, Money(gross, main), 100 * gross // best if best else 0) for day, paid, gross in days
    ]


def _methods(start: datetime) -> list[Method]:
    opened = Payment.objects.filter(book=Book.LIVE, pk__gte=_first_id(start))
    rows = opened.values_list("method").annotate(count=Count("pk")).order_by("-count")
    paid = dict(opened.exclude(use=Use.NONE).values_list("method").annotate(count=Count("pk")).order_by())
    return [
        Method(method, count, paid.get(method, 0), round(100 * paid.get(method, 0) / count))
        for method, count in rows
    ]


def _first_id(moment: datetime) -> UUID:
    return UUID(int=int(moment.timestamp() * 1000) << 80)
