"""Moves: payments that succeed and the orders that they pay, many in one statement."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from kernel.machine import IllegalMove
from merchants.services import stock

from .. import limits, memberships, sql
from ..models.doors import sources
from ..states import ATTEMPT, ORDER_PAYMENT, AttemptState, Fulfilment, PaymentState, Use
from .receipts import Sale

# Lists come as JSON and not as arrays, whose length would make the server plan anew at every call. It takes a
# JSON list for a hundred rows, and by the comparison for one: so it goes by the primary keys, always.
_MOVE = sql.Statement("""
WITH succeeded AS (
    UPDATE payments_payment p SET state = m.state, use = m.use, channel_txn = m.txn,
        received = m.received, platform_fee = m.platform_fee, channel_fee = m.channel_fee,
        merchant_bears_channel = m.bears, promotion = m.promotion,
        paid_at = m.paid_at, available_at = m.available_at, concluded_at = NULL, next_query_at = NULL
    FROM json_to_recordset(%(payments)s::json) AS m (id uuid, state text, use text, txn text,
        received bigint, platform_fee bigint, channel_fee bigint, bears boolean, promotion bigint,
        paid_at timestamptz, available_at timestamptz)
    WHERE p.id = m.id AND m.state = 'succeeded' AND p.state = ANY(%(payment_sources)s) RETURNING p.id
), moved AS (
    UPDATE payments_order o SET payment_state = coalesce(g.payment_state, o.payment_state),
        fulfilment = coalesce(g.fulfilment, o.fulfilment), paid_late = o.paid_late OR g.late,
        duplicate = o.duplicate OR g.duplicate, underpaid = o.underpaid OR g.underpaid,
        overpaid = o.overpaid OR g.overpaid, paid_at = coalesce(o.paid_at, g.paid_at),
        delivered_at = coalesce(o.delivered_at, g.delivered_at)
    FROM json_to_recordset(%(orders)s::json) AS g (id uuid, kind text, payment_state text, fulfilment text,
        late boolean, duplicate boolean, underpaid boolean, overpaid boolean,
        paid_at timestamptz, delivered_at timestamptz)
    WHERE o.id = g.id AND g.kind = 'order'
        AND (g.payment_state IS NULL OR o.payment_state = ANY(%(order_sources)s)) RETURNING o.id
)
SELECT (SELECT count(*) FROM succeeded), (SELECT count(*) FROM moved)
""")
_FLAGS = ("late", "duplicate", "underpaid", "overpaid")
_TO_SUCCEED = sources(ATTEMPT, AttemptState.SUCCEEDED)
_TO_PAY = sources(ORDER_PAYMENT, PaymentState.PAID)


def deliver(sales: Sequence[Sale], now: datetime) -> None:
    """Hand over what paid orders are for: keys, or the period of a membership."""
    periods = [sale for sale in sales if sale.standing.subscription_id is not None]
    if periods:
        memberships.port().deliver(periods)
    _hand_over([sale for sale in sales if sale.standing.subscription_id is None], now)


def _hand_over(sales: Sequence[Sale], now: datetime) -> None:
    """Hand the keys of paid orders over, or keep them reserved where a person looks first."""
    to_deliver = [sale.standing.order_id for sale in sales if not sale.standing.review]
    handed = stock.deliver(to_deliver, at=now) if to_deliver else {}
    for sale in sales:
        standing = sale.standing
        if standing.review:
            kept = stock.extend(standing.order_id, until=now + standing.clock_ahead + limits.HELD_FOR)
            sale.fulfilment = Fulfilment.HELD if kept == standing.quantity else Fulfilment.FAILED
        else:
            sale.delivered = handed.get(standing.order_id, 0)
            whole = sale.delivered == standing.quantity
            sale.fulfilment = Fulfilment.DELIVERED if whole else Fulfilment.FAILED


def move(sales: Sequence[Sale], now: datetime) -> None:
    """Write what became of payments and orders. Raises IllegalMove where one of them does not stand so."""
    orders = _orders(sales, now)
    succeeded, moved = _MOVE.rows(
        {
            "payments": orjson.dumps([_payment(sale) for sale in sales]).decode(),
            "orders": orjson.dumps(orders).decode(),
            "payment_sources": _TO_SUCCEED,
            "order_sources": _TO_PAY,
        }
    )[0]
    if succeeded != len(sales) or moved != len(orders):
        raise IllegalMove(source="unpaid", target=str(PaymentState.PAID))


def _payment(sale: Sale) -> dict[str, Any]:
    receipt = sale.receipt
    return {
        "id": receipt.payment_id,
        "state": AttemptState.SUCCEEDED,
        "use": sale.use,
        "txn": sale.told.channel_txn,
        "received": sale.told.paid.amount if sale.other_amount else None,
        "promotion": receipt.promotion,
        "platform_fee": receipt.fees.platform.amount,
        "channel_fee": receipt.fees.channel.amount,
        "bears": receipt.fees.merchant_bears_channel,
        "paid_at": receipt.occurred_at,
        "available_at": receipt.available_at,
    }


def _orders(sales: Sequence[Sale], now: datetime) -> list[dict[str, Any]]:
    """One move an order: one that is paid twice in one batch is moved once, with both facts."""
    moves: dict[UUID, dict[str, Any]] = {}
    for sale in sales:
        order_id = sale.standing.order_id
        fresh = {"id": order_id, "kind": "order"} | dict.fromkeys(_FLAGS, False)
        move = moves.setdefault(order_id, fresh)
        move["late"] |= sale.late
        if sale.other_amount and not sale.standing.is_settled:
            move["underpaid" if sale.told.paid < sale.standing.money else "overpaid"] = True
            continue
        if sale.use is Use.SURPLUS:
            move["duplicate"] |= not sale.late
            continue
        move["payment_state"], move["fulfilment"] = PaymentState.PAID, sale.fulfilment
        move["paid_at"] = sale.receipt.occurred_at
        if sale.fulfilment is Fulfilment.DELIVERED:
            move["delivered_at"] = now + sale.standing.clock_ahead
    return list(moves.values())
