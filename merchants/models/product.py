"""Products and their prices by quantity."""

from typing import Any, ClassVar

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q

from kernel import ids
from kernel.money import Money

from ..states import ProductKind, ProductStatus
from .merchant import Merchant
from .store import SLUG, Store
from .texts import Bilingual

MAX_PRICE = 100_000_000_000  # minor units; far above any channel's limit, far below an overflow
MAX_QUANTITY = 1_000  # keys in one order


class Product(models.Model):
    """One thing on a shelf, sold in one currency. Description and usage are Markdown, sanitised if shown."""

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    merchant = models.ForeignKey(
        Merchant, on_delete=models.PROTECT, related_name="products", db_constraint=False
    )
    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="products", db_constraint=False)
    slug = models.CharField(max_length=60, validators=[RegexValidator(SLUG)])
    kind = models.CharField(
        max_length=12, choices=[(k.value, k.value) for k in ProductKind], default=ProductKind.CARD_KEYS
    )
    name_zh = models.CharField(max_length=120, blank=True)
    name_en = models.CharField(max_length=120, blank=True)
    description_zh = models.TextField(max_length=20_000, blank=True)
    description_en = models.TextField(max_length=20_000, blank=True)
    usage_zh = models.TextField(max_length=20_000, blank=True)
    usage_en = models.TextField(max_length=20_000, blank=True)
    currency = models.CharField(max_length=5)
    price = models.BigIntegerField()  # minor units, for one; of a membership, its first plan's or 0 before it
    min_quantity = models.IntegerField(default=1)
    max_quantity = models.IntegerField(default=10)
    hold_minutes = models.IntegerField(default=15)  # how long an unpaid order keeps its keys
    # Per cent of the free keys that one buyer may hold unpaid; what one order may ask for is always fine.
    unpaid_share = models.SmallIntegerField(default=20)
    low_stock_threshold = models.IntegerField(default=10)
    position = models.IntegerField(default=0)  # place on the shelf, ascending
    status = models.CharField(
        max_length=8, choices=[(s.value, s.value) for s in ProductStatus], default=ProductStatus.DRAFT
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    name = Bilingual()
    description = Bilingual()
    usage = Bilingual()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["id", "merchant"], name="product_id_merchant"),
            models.UniqueConstraint(fields=["store", "slug"], name="product_slug_once"),
            models.CheckConstraint(condition=Q(slug__regex=SLUG), name="product_slug"),
            models.CheckConstraint(condition=Q(kind__in=list(ProductKind)), name="product_kind"),
            models.CheckConstraint(condition=Q(status__in=list(ProductStatus)), name="product_status"),
            models.CheckConstraint(condition=~Q(name_zh="") | ~Q(name_en=""), name="product_named"),
            models.CheckConstraint(condition=Q(currency__regex="^[A-Z]{3,5}$"), name="product_currency"),
            models.CheckConstraint(
                condition=Q(price__lte=MAX_PRICE)
                & (Q(price__gt=0) | Q(price=0, kind=ProductKind.MEMBERSHIP) & ~Q(status=ProductStatus.LIVE)),
                name="product_price",
            ),
            models.CheckConstraint(
                condition=Q(min_quantity__gte=1, max_quantity__gte=F("min_quantity"))
                & Q(max_quantity__lte=MAX_QUANTITY),
                name="product_quantities",
            ),
            models.CheckConstraint(
                condition=Q(hold_minutes__gte=5, hold_minutes__lte=60), name="product_hold_minutes"
            ),
            models.CheckConstraint(
                condition=Q(unpaid_share__gte=1, unpaid_share__lte=100), name="product_unpaid_share"
            ),
            models.CheckConstraint(condition=Q(low_stock_threshold__gte=0), name="product_low_stock"),
        ]

    def __str__(self) -> str:
        return self.name_zh or self.name_en

    @property
    def key(self) -> str:
        """The product's name in the dashboard's addresses: `prd_…`."""
        return ids.encode("prd", self.id)

    @property
    def unit_price(self) -> Money:
        """The price of one, below every tier."""
        return Money(self.price, self.currency)


class PriceTier(models.Model):
    """From `from_quantity` on, each one costs `unit_price` minor units of the product's currency."""

    id = models.BigAutoField(primary_key=True)
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="tiers")
    from_quantity = models.IntegerField()
    unit_price = models.BigIntegerField()

    class Meta:
        ordering: ClassVar[list[str]] = ["from_quantity"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["product", "from_quantity"], name="tier_once"),
            models.CheckConstraint(
                condition=Q(from_quantity__gte=2, from_quantity__lte=MAX_QUANTITY), name="tier_quantity"
            ),
            models.CheckConstraint(condition=Q(unit_price__gt=0), name="tier_price"),
        ]

    def __str__(self) -> str:
        return f"{self.from_quantity}+ {self.unit_price}"
