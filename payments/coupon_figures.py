"""What was sold with coupons and what they cost: per coupon, per code, a currency a line.

Definitions: `metrics.COUPON_GMV`, `COUPON_COST`, `COUPON_LIFT`. An order counts once it is paid, and goes on
counting when it is refunded: both are figures before refunds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from django.db import connection
from django.db.models import Count, Q, QuerySet

from kernel import clock
from kernel.money import Money
from merchants.models import Coupon, CouponUse

from .metrics import COUPON_LIFT, PAID_SHARE, Metric, Rate
from .models import Order
from .sales import first_id

LIFT_DAYS = 30

_FIGURES = """
    SELECT u.{column}, u.currency, count(*), sum(o.total), sum(u.discount)
    FROM merchants_couponuse u JOIN payments_order o ON o.id = u.order_id
    WHERE u.{column} = ANY (%s) AND o.paid_at IS NOT NULL
    GROUP BY 1, 2 ORDER BY 3 DESC, 2
"""
_OF_COUPONS, _OF_CODES = (_FIGURES.format(column=column) for column in ("coupon_id", "code_id"))


@dataclass(frozen=True, slots=True)
class Figures:
    """Of paid orders: how many, what was paid for them, and what was taken off; the main currency first."""

    orders: int = 0
    gmv: list[Money] = field(default_factory=list)
    cost: list[Money] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Lift:
    """How many orders are paid with a coupon, and how many of those without any. It names no cause."""

    with_it: Rate
    without: Rate

    @property
    def points(self) -> int | None:
        """The difference in percentage points; None where one of the two has nothing to count."""
        if self.with_it.percent is None or self.without.percent is None:
            return None
        return self.with_it.percent - self.without.percent


@dataclass(frozen=True, slots=True)
class UseOfOrder:
    """A use of a coupon with its order."""

    use: CouponUse
    order: Order | None

    @property
    def discount(self) -> Money:
        """What it took off."""
        return Money(self.use.discount, self.use.currency)


def of_coupons(keys: Sequence[UUID]) -> Mapping[UUID, Figures]:
    """The figures of coupons."""
    return _figures(_OF_COUPONS, keys)


def of_codes(keys: Sequence[UUID]) -> Mapping[UUID, Figures]:
    """The figures of codes."""
    return _figures(_OF_CODES, keys)


def lift(coupon: Coupon) -> Lift:
    """The paid share of the merchant's orders of the last days, with this coupon and without any."""
    since = first_id(clock.now(coupon.merchant) - timedelta(days=LIFT_DAYS), coupon.merchant)
    recent = Order.objects.filter(merchant_id=coupon.merchant_id, id__gte=since)
    used = CouponUse.objects.filter(coupon=coupon).values("order_id")
    return Lift(
        _paid_share(COUPON_LIFT, recent.filter(id__in=used)),
        _paid_share(PAID_SHARE, recent.filter(discount=0)),
    )


def uses(coupon: Coupon, *, before: UUID | None = None, most: int = 25) -> tuple[list[UseOfOrder], str]:
    """A page of a coupon's uses, newest first, and where the next begins; empty: this is the end."""
    found = CouponUse.objects.filter(coupon=coupon).select_related("code").order_by("-id")
    if before is not None:
        found = found.filter(id__lt=before)
    rows = list(found[: most + 1])
    orders = Order.objects.filter(merchant_id=coupon.merchant_id).in_bulk([row.order_id for row in rows])
    shown = [UseOfOrder(row, orders.get(row.order_id)) for row in rows[:most]]
    return shown, str(rows[most - 1].pk) if len(rows) > most else ""


def _paid_share(metric: Metric, placed: QuerySet[Order]) -> Rate:
    counts = placed.aggregate(placed=Count("pk"), paid=Count("pk", filter=Q(paid_at__isnull=False)))
    return Rate(metric, counts["paid"], counts["placed"])


def _figures(sql: str, keys: Sequence[UUID]) -> Mapping[UUID, Figures]:
    found = {key: Figures() for key in keys}
    with connection.cursor() as cursor:
        cursor.execute(sql, [list(keys)])
        for key, currency, orders, gmv, cost in cursor.fetchall():
            before = found[key]
            found[key] = Figures(
                before.orders + orders,
                [*before.gmv, Money(int(gmv), currency)],
                [*before.cost, Money(int(cost), currency)],
            )
    return found
