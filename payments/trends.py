"""A merchant's last days, a figure a day: what was sold and refunded, and how many tried orders were paid.

Sold counts by the day of paying, refunds by the day on which the channel gave the money back, rates by the
day of placing; days are the merchant's own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection

from kernel.money import Money
from merchants.models import Merchant, Store

from .metrics import PAYMENT_SUCCESS, Rate
from .sales import first_id, midnight

_PAID_WITHIN = timedelta(days=2)

_SOLD = """
    SELECT currency, (paid_at AT TIME ZONE %(zone)s)::date, sum(total)
    FROM payments_order
    WHERE merchant_id = %(merchant)s AND id >= %(first)s AND paid_at >= %(start)s
        AND (%(store)s::uuid IS NULL OR store_id = %(store)s)
    GROUP BY 1, 2
"""
_REFUNDED = """
    SELECT r.currency, (r.concluded_at AT TIME ZONE %(zone)s)::date, sum(r.amount)
    FROM payments_refund r
    WHERE r.merchant_id = %(merchant)s AND r.concluded_at >= %(start)s
        AND r.state = 'succeeded' AND r.kind <> 'surplus'
        AND (%(store)s::uuid IS NULL
            OR EXISTS (SELECT FROM payments_order o WHERE o.id = r.order_id AND o.store_id = %(store)s))
    GROUP BY 1, 2
"""
# The same question as metrics.rates asks, a day a row.
_TRIED = """
    SELECT (o.placed_at AT TIME ZONE %(zone)s)::date, count(*) FILTER (WHERE o.paid_at IS NOT NULL), count(*)
    FROM payments_order o
    WHERE o.merchant_id = %(merchant)s AND o.id >= %(first)s AND o.placed_at >= %(start)s
        AND (%(store)s::uuid IS NULL OR o.store_id = %(store)s)
        AND (o.paid_at IS NOT NULL OR (o.payment_state NOT IN ('pending', 'processing')
            AND EXISTS (SELECT FROM payments_payment p WHERE p.order_id = o.id AND p.action_kind <> '')))
    GROUP BY 1
"""


@dataclass(frozen=True, slots=True)
class Trend:
    """The figures of a merchant in the currency that came most, a day each, oldest first."""

    days: list[date]
    sold: list[Money]
    refunded: list[Money]
    success: list[Rate]


def read(merchant: Merchant, *, days: int, store: Store | None = None) -> Trend:
    """The last so many days, today included, of one store or of all."""
    today = midnight(merchant)
    start = today - timedelta(days=days - 1)
    values = {
        "merchant": merchant.id,
        "store": store.pk if store else None,
        "zone": merchant.time_zone,
        "start": start,
        "first": first_id(start - _PAID_WITHIN, merchant),
    }
    sold, refunded = _by_currency(_rows(_SOLD, values)), _by_currency(_rows(_REFUNDED, values))
    main = max(sold, key=lambda currency: sum(sold[currency].values()), default="CNY")
    tried = {day: (paid, all_of) for day, paid, all_of in _rows(_TRIED, values)}
    dates = [_local(start, merchant) + timedelta(days=ahead) for ahead in range(days)]
    return Trend(
        days=dates,
        sold=[Money(sold.get(main, {}).get(day, 0), main) for day in dates],
        refunded=[Money(refunded.get(main, {}).get(day, 0), main) for day in dates],
        success=[Rate(PAYMENT_SUCCESS, *tried.get(day, (0, 0))) for day in dates],
    )


def _by_currency(rows: list[tuple[Any, ...]]) -> dict[str, dict[date, int]]:
    sums: dict[str, dict[date, int]] = {}
    for currency, day, amount in rows:
        sums.setdefault(currency, {})[day] = int(amount)
    return sums


def _local(moment: datetime, merchant: Merchant) -> date:
    return moment.astimezone(ZoneInfo(merchant.time_zone)).date()


def _rows(sql: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, dict(values))
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
