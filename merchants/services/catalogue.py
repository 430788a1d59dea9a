"""What is for sale and at what price: the only place where a price of a sale comes from."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson

from kernel import ids
from kernel.errors import NotFound
from kernel.money import Money
from kernel.recent import Recent
from prepared import Statement

from .. import revision
from ..errors import BadQuantity, NotForSale
from ..models.texts import pick

FRESH_SECONDS = revision.FRESH_SECONDS
"""How long a price that was just changed may still be sold at the old one by another process."""


@dataclass(frozen=True, slots=True)
class Quote:
    """What a quantity costs."""

    quantity: int
    unit_price: Money
    total: Money


@dataclass(frozen=True, slots=True)
class Offer:
    """A product as it is sold now, frozen. `tiers` are (from quantity, minor units each), largest first."""

    product_id: UUID
    store_id: UUID
    merchant_id: UUID
    book: str
    store_slug: str
    product_slug: str
    name_zh: str
    name_en: str
    currency: str
    price: int
    tiers: tuple[tuple[int, int], ...]
    min_quantity: int
    max_quantity: int
    unpaid_share: int  # per cent of the free keys
    hold: timedelta
    clock_ahead: timedelta  # so that `clock.now(offer)` is the merchant's time

    @property
    def name(self) -> str:
        """The product's name in the reader's language."""
        return pick(self.name_zh, self.name_en)

    def quote(self, quantity: int) -> Quote:
        """What `quantity` pieces cost. Raises BadQuantity outside the product's bounds."""
        if not self.min_quantity <= quantity <= self.max_quantity:
            raise BadQuantity(least=self.min_quantity, most=self.max_quantity)
        each = next((price for start, price in self.tiers if quantity >= start), self.price)
        return Quote(quantity, Money(each, self.currency), Money(each * quantity, self.currency))


_READ = """
    SELECT p.id, p.store_id, p.merchant_id, m.book, s.slug, p.slug, p.name_zh, p.name_en, p.currency, p.price,
        (SELECT json_agg(json_build_array(t.from_quantity, t.unit_price) ORDER BY t.from_quantity DESC)::text
            FROM merchants_pricetier t WHERE t.product_id = p.id),
        p.min_quantity, p.max_quantity, p.unpaid_share, p.hold_minutes, m.clock_ahead,
        p.status = 'live' AND s.status = 'open' AND m.status = 'active'
    FROM merchants_product p JOIN merchants_store s ON s.id = p.store_id
        JOIN merchants_merchant m ON m.id = p.merchant_id
    WHERE """
_BY_ID = Statement(_READ + "p.id = $1")
_BY_ADDRESS = Statement(_READ + "s.slug = $1 AND p.slug = $2")

_offers: Recent[UUID, Offer] = Recent(seconds=revision.KEPT_SECONDS, size=10_000, revision=revision.current)
_addresses: Recent[tuple[str, str], UUID] = Recent(
    seconds=revision.KEPT_SECONDS, size=10_000, revision=revision.current
)


def offer(product_id: UUID) -> Offer:
    """The offer for a product, at most FRESH_SECONDS old. Raises NotFound, or NotForSale."""
    return _offers.get(product_id, lambda wanted: _offer(_BY_ID.rows(wanted)))


def offer_at(store_slug: str, product_slug: str) -> Offer:
    """The offer for the product at this address, as fresh as the other. Raises NotFound, or NotForSale."""
    return offer(_addresses.get((store_slug, product_slug), _resolve))


def forget() -> None:
    """Read every offer anew from now on, in this process: after something for sale was changed."""
    revision.forget()
    _offers.forget()
    _addresses.forget()


def _resolve(address: tuple[str, str]) -> UUID:
    found = _offer(_BY_ADDRESS.rows(*address))
    return _offers.get(found.product_id, lambda _: found).product_id


def _offer(rows: list[tuple[Any, ...]]) -> Offer:
    if not rows:
        raise NotFound
    *head, tiers, least, most, share, minutes, clock_ahead, is_for_sale = rows[0]
    if not is_for_sale:
        raise NotForSale(product=ids.encode("prd", head[0]))
    steps = tuple((start, price) for start, price in orjson.loads(tiers or "[]"))
    values = (*head, steps, least, most, share, timedelta(minutes=minutes), clock_ahead)
    return Offer(*values)
