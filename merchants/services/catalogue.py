"""What is for sale and at what price: the only place where a price of a sale comes from."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from kernel.errors import NotFound
from kernel.money import Money
from kernel.recent import Recent

from ..errors import BadQuantity, NotForSale
from ..models import Product
from ..models.texts import pick
from ..states import MerchantStatus, ProductStatus, StoreStatus

FRESH_SECONDS = 3.0
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


_offers: Recent[UUID, Offer] = Recent(seconds=FRESH_SECONDS, size=10_000)


def offer(product_id: UUID) -> Offer:
    """The offer for a product, at most FRESH_SECONDS old. Raises NotFound, or NotForSale."""
    return _offers.get(product_id, _load)


def forget() -> None:
    """Read every offer anew from now on, in this process: after something for sale was changed."""
    _offers.forget()


def _load(product_id: UUID) -> Offer:
    product = (
        Product.objects.select_related("store", "merchant")
        .prefetch_related("tiers")
        .filter(pk=product_id)
        .first()
    )
    if product is None:
        raise NotFound(product=str(product_id))
    if not is_for_sale(product):
        raise NotForSale(product=product.key)
    return Offer(
        product_id=product.id,
        store_id=product.store_id,
        merchant_id=product.merchant_id,
        book=product.merchant.book,
        store_slug=product.store.slug,
        product_slug=product.slug,
        name_zh=product.name_zh,
        name_en=product.name_en,
        currency=product.currency,
        price=product.price,
        tiers=tuple((tier.from_quantity, tier.unit_price) for tier in reversed(product.tiers.all())),
        min_quantity=product.min_quantity,
        max_quantity=product.max_quantity,
        hold=timedelta(minutes=product.hold_minutes),
        clock_ahead=product.merchant.clock_ahead,
    )


def is_for_sale(product: Product) -> bool:
    """Whether the product is live, in an open store, of an active merchant."""
    return (
        product.status == ProductStatus.LIVE
        and product.store.status == StoreStatus.OPEN
        and product.merchant.status == MerchantStatus.ACTIVE
    )
