"""Reads over stock: what is on the shelf, cheaply, and where every key of a product is."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from kernel.recent import Recent

SHOWN_MOST = 1_000
"""A buyer is not told more than this; counting stops there, so a large stock costs no more."""

_SHOWN = """
    SELECT product.id, (
        SELECT count(*) FROM (
            SELECT FROM merchants_stockitem AS item
            WHERE item.product_id = product.id AND item.state = 'available' LIMIT %s
        ) AS free
    ) FROM unnest(%s::uuid[]) AS product (id)
"""
_LEVELS = """
    SELECT product.id,
        (SELECT count(*) FROM merchants_stockitem AS item
            WHERE item.product_id = product.id AND item.state = 'available'),
        (SELECT count(*) FROM merchants_stockitem AS item
            WHERE item.product_id = product.id AND item.state = 'reserved'),
        (SELECT count(*) FROM merchants_stockitem AS item
            WHERE item.product_id = product.id AND item.state = 'void'),
        (SELECT coalesce(sum(imported), 0) FROM merchants_stockbatch AS batch
            WHERE batch.product_id = product.id)
    FROM unnest(%s::uuid[]) AS product (id)
"""

_shown: Recent[tuple[UUID, ...], dict[UUID, int]] = Recent(seconds=3.0, size=2_000)


@dataclass(frozen=True, slots=True)
class StockLevels:
    """How many keys of a product were imported, and where they are now."""

    available: int
    reserved: int
    void: int
    imported: int

    @property
    def delivered(self) -> int:
        """What was imported is available, reserved, void or delivered; no key is ever deleted."""
        return self.imported - self.available - self.reserved - self.void


def stock_shown(product_ids: Sequence[UUID]) -> dict[UUID, int]:
    """How many can be bought, at most SHOWN_MOST, a few seconds old. The claim decides, not this."""
    return _shown.get(tuple(product_ids), _count)


def stock_levels(product_ids: Sequence[UUID]) -> dict[UUID, StockLevels]:
    """The exact figures now, for the dashboard."""
    with connection.cursor() as cursor:
        cursor.execute(_LEVELS, [list(product_ids)])
        return {
            product_id: StockLevels(int(available), int(reserved), int(void), int(imported))
            for product_id, available, reserved, void, imported in cursor.fetchall()
        }


def _count(product_ids: tuple[UUID, ...]) -> dict[UUID, int]:
    with connection.cursor() as cursor:
        cursor.execute(_SHOWN, [SHOWN_MOST, list(product_ids)])
        return {product_id: int(count) for product_id, count in cursor.fetchall()}
