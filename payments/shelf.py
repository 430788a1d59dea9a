"""What buyers see of a merchant: the shop and what stands on its shelf, a few seconds old."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import Prefetch

from kernel.books import Book
from kernel.errors import NotFound
from kernel.money import Money
from kernel.recent import Recent
from merchants import plan_offers, revision
from merchants.models import PriceTier, Product, Store
from merchants.models.texts import pick
from merchants.plan_offers import PlanOffer
from merchants.states import MerchantStatus, ProductKind, ProductStatus, StoreStatus

_SHELF_MOST = 500


@dataclass(frozen=True, slots=True)
class Shop:
    """A store as its visitors know it. `clock_ahead` makes `clock.now(shop)` the merchant's time."""

    id: UUID
    merchant_id: UUID
    slug: str
    book: Book
    is_open: bool
    accent: str
    clock_ahead: timedelta
    names: tuple[str, str]
    notices: tuple[str, str]
    supports: tuple[str, str]

    @property
    def name(self) -> str:
        """The shop's name in the reader's language."""
        return pick(*self.names)

    @property
    def notice(self) -> str:
        """What the shop wants to say first, Markdown."""
        return pick(*self.notices)

    @property
    def support(self) -> str:
        """How to reach the seller."""
        return pick(*self.supports)


@dataclass(frozen=True, slots=True)
class Goods:
    """A product on the shelf. `prices` are (from quantity, minor units each), ascending from one.

    `plans`: of a membership, those that are sold, in the merchant's order.
    """

    id: UUID
    slug: str
    currency: str
    prices: tuple[tuple[int, int], ...]
    min_quantity: int
    max_quantity: int
    hold_minutes: int
    names: tuple[str, str]
    descriptions: tuple[str, str]
    usages: tuple[str, str]
    is_membership: bool = False
    plans: tuple[PlanOffer, ...] = ()

    @property
    def name(self) -> str:
        """The product's name in the reader's language."""
        return pick(*self.names)

    @property
    def description(self) -> str:
        """What it is, Markdown."""
        return pick(*self.descriptions)

    @property
    def usage(self) -> str:
        """How a key is used, Markdown."""
        return pick(*self.usages)

    @property
    def only_in(self) -> str:
        """The one language in which the product is named, where it is only one: `zh`, `en`, or empty."""
        zh, en = self.names
        return "" if zh and en else "zh" if zh else "en"

    @property
    def price(self) -> Money:
        """What one costs when the fewest are bought."""
        return self.each(self.min_quantity)

    @property
    def best_price(self) -> Money:
        """What one costs when the most are bought."""
        return self.each(self.max_quantity)

    @property
    def steps(self) -> list[tuple[int, Money]]:
        """The prices by quantity, those that can be reached."""
        return [
            (start, Money(each, self.currency)) for start, each in self.prices if start <= self.max_quantity
        ]

    def each(self, quantity: int) -> Money:
        """What one costs when `quantity` are bought."""
        return Money([each for start, each in self.prices if quantity >= start][-1], self.currency)


_KEPT = revision.KEPT_SECONDS
_shops: Recent[str, Shop] = Recent(seconds=_KEPT, size=10_000, revision=revision.current)
_shops_by_id: Recent[UUID, Shop] = Recent(seconds=_KEPT, size=10_000, revision=revision.current)
_shelves: Recent[UUID, tuple[Goods, ...]] = Recent(seconds=_KEPT, size=1_000, revision=revision.current)
_usages: Recent[UUID, tuple[str, str]] = Recent(seconds=_KEPT, size=1_000, revision=revision.current)


def shop(slug: str) -> Shop:
    """The shop at this address. Raises NotFound."""
    return _shops.get(slug[:48], lambda wanted: _shop(slug=wanted))


def shop_of(store_id: UUID) -> Shop:
    """The shop of an order. Raises NotFound."""
    return _shops_by_id.get(store_id, lambda wanted: _shop(id=wanted))


def open_shops() -> list[Shop]:
    """The shops that sell, the oldest first; not kept, and not for a busy page."""
    rows = Store.objects.select_related("merchant").filter(
        status=StoreStatus.OPEN, merchant__status=MerchantStatus.ACTIVE
    )
    return [_seen(row) for row in rows.order_by("id")[:_SHELF_MOST]]


def goods(of: Shop) -> tuple[Goods, ...]:
    """What is on sale, in the merchant's order."""
    return _shelves.get(of.id, _shelf)


def goods_named(of: Shop, slug: str) -> Goods:
    """One product on sale. Raises NotFound."""
    found = next((one for one in goods(of) if one.slug == slug), None)
    if found is None:
        raise NotFound(product=slug[:60])
    return found


def slug_of(of: Shop, product_id: UUID) -> str:
    """The address of a product that is on sale; empty for one that is not."""
    return next((one.slug for one in goods(of) if one.id == product_id), "") if of.is_open else ""


def usage_of(product_id: UUID) -> str:
    """How the keys of a product are used, also of one that is no longer sold. Markdown."""
    return pick(*_usages.get(product_id, _usage))


def _shop(**wanted: Any) -> Shop:
    row = Store.objects.select_related("merchant").filter(**wanted).first()
    if row is None:
        raise NotFound(shop="?")
    return _seen(row)


def _seen(row: Store) -> Shop:
    return Shop(
        id=row.id,
        merchant_id=row.merchant_id,
        slug=row.slug,
        book=Book(row.book),
        is_open=row.status == StoreStatus.OPEN and row.merchant.status == MerchantStatus.ACTIVE,
        accent=row.accent,
        clock_ahead=row.merchant.clock_ahead,
        names=(row.name_zh, row.name_en),
        notices=(row.notice_zh, row.notice_en),
        supports=(row.support_zh, row.support_en),
    )


def _shelf(store_id: UUID) -> tuple[Goods, ...]:
    rows = (
        Product.objects.filter(store_id=store_id, status=ProductStatus.LIVE)
        .prefetch_related(Prefetch("tiers", PriceTier.objects.order_by("from_quantity")))
        .order_by("position", "id")[:_SHELF_MOST]
    )
    return tuple(_goods(row) for row in rows)


def _goods(row: Product) -> Goods:
    tiers = tuple((tier.from_quantity, tier.unit_price) for tier in row.tiers.all())
    return Goods(
        id=row.id,
        slug=row.slug,
        currency=row.currency,
        prices=((1, row.price), *tiers),
        min_quantity=row.min_quantity,
        max_quantity=row.max_quantity,
        hold_minutes=row.hold_minutes,
        names=(row.name_zh, row.name_en),
        descriptions=(row.description_zh, row.description_en),
        usages=(row.usage_zh, row.usage_en),
        is_membership=row.kind == ProductKind.MEMBERSHIP,
        plans=plan_offers.on_sale(row.id) if row.kind == ProductKind.MEMBERSHIP else (),
    )


def _usage(product_id: UUID) -> tuple[str, str]:
    found = Product.objects.filter(pk=product_id).values_list("usage_zh", "usage_en").first()
    return found or ("", "")
