"""Keys on their way to an order: reserve, extend, release, deliver, reveal.

All but `reveal` and the counts run in the caller's transaction, and the caller holds its order's row lock.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.db import connection
from psycopg.types.numeric import Int4

import vault
from kernel import clock
from prepared import Statement

from ..errors import OutOfStock, SoldOut

CONTEXT = "merchants.stock_item"
"""What a sealed key is bound to, besides its merchant and its own id; also the purpose of fingerprints."""

# One statement, all or nothing: rows that another order is taking are skipped, never waited for, and where
# too few are found none is taken.
_RESERVE = Statement(
    """
    WITH free AS (
        SELECT id FROM merchants_stockitem WHERE product_id = $1 AND state = 'available'
        ORDER BY id LIMIT $2::int FOR UPDATE SKIP LOCKED
    ), numbered AS (
        SELECT id, row_number() OVER (ORDER BY id) AS ordinal, count(*) OVER () AS found FROM free
    )
    UPDATE merchants_stockitem AS item
    SET state = 'reserved', order_id = $3, ordinal = numbered.ordinal, reserved_until = $4
    FROM numbered WHERE item.id = numbered.id AND numbered.found = $2::int
    RETURNING item.id
    """
)
_LEFT = """
    SELECT count(*) FROM (
        SELECT FROM merchants_stockitem WHERE product_id = %s AND state = 'available' LIMIT %s
    ) AS free
"""
_EXTEND = """
    UPDATE merchants_stockitem SET reserved_until = %s WHERE order_id = %s AND state = 'reserved'
"""
_RELEASE = """
    UPDATE merchants_stockitem SET state = 'available', order_id = NULL, ordinal = NULL, reserved_until = NULL
    WHERE order_id = ANY(%s) AND state = 'reserved'
"""
# The orders come as JSON and not as an array, whose length would make the server plan anew at every call. It
# takes a JSON list for a hundred rows, and by the comparison for one: so it goes by the index, always.
_DELIVER = Statement(
    """
    WITH handed AS (
        UPDATE merchants_stockitem AS item SET state = 'delivered', delivered_at = $1, reserved_until = NULL
        FROM json_to_recordset($2::json) AS asked (order_id uuid, kind text)
        WHERE item.order_id = asked.order_id AND asked.kind = 'order' AND item.state = 'reserved'
        RETURNING item.order_id
    )
    SELECT order_id, count(*) FROM handed GROUP BY order_id
    """
)
_REVEAL = """
    SELECT id, sealed FROM merchants_stockitem
    WHERE order_id = %s AND merchant_id = %s AND state = 'delivered' ORDER BY ordinal
"""


def reserve(product_id: UUID, quantity: int, order_id: UUID, until: datetime) -> list[UUID]:
    """Take the `quantity` oldest free keys for an order, until then. Raises OutOfStock and takes none."""
    taken: list[UUID] = [key for (key,) in _RESERVE.rows(product_id, Int4(quantity), order_id, until)]
    if len(taken) == quantity:
        return taken
    with connection.cursor() as cursor:
        cursor.execute(_LEFT, [product_id, quantity])
        # Keys that are locked but not yet taken count here; never promise the full quantity to a loser.
        left = min(_one(cursor), quantity - 1)
        raise OutOfStock(left=left) if left else SoldOut(left=0)


def has_free(product_id: UUID, quantity: int) -> bool:
    """Whether at least so many keys lie free on the shelf now; for a rule of thumb, nothing is taken."""
    with connection.cursor() as cursor:
        cursor.execute(_LEFT, [product_id, quantity])
        return _one(cursor) >= quantity


def extend(order_id: UUID, until: datetime) -> int:
    """Hold an order's reserved keys until then. Gives their number: zero once they were released."""
    with connection.cursor() as cursor:
        cursor.execute(_EXTEND, [until, order_id])
        return int(cursor.rowcount)


def release(order_ids: Sequence[UUID]) -> int:
    """Put the reserved keys of these orders back on the shelf. Gives their number; delivered ones stay."""
    with connection.cursor() as cursor:
        cursor.execute(_RELEASE, [list(order_ids)])
        return int(cursor.rowcount)


def deliver(order_ids: Sequence[UUID], *, at: datetime | None = None) -> dict[UUID, int]:
    """Hand over the reserved keys of these orders, in one statement. Gives how many each order got now.

    An order that had nothing reserved is not in the answer; the caller compares with its quantities.
    """
    asked = orjson.dumps([{"order_id": each, "kind": "order"} for each in order_ids]).decode()
    return {order_id: int(count) for order_id, count in _DELIVER.rows(at or clock.now(), asked)}


def reveal(order_id: UUID, *, merchant_id: UUID) -> list[str]:
    """The delivered keys of an order, opened, in order. Who calls this writes the audit row of the reveal."""
    with connection.cursor() as cursor:
        cursor.execute(_REVEAL, [order_id, merchant_id])
        rows = cursor.fetchall()
    return [
        vault.open(merchant_id, bytes(sealed), context=CONTEXT, row=item_id).decode()
        for item_id, sealed in rows
    ]


def _one(cursor: Any) -> int:
    row: tuple[int] = cursor.fetchone()
    return int(row[0])
