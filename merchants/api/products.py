"""Products: what is on the shelf, and at which prices."""

from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request

from kernel.money import Money
from web.api.errors import ObjectMissing
from web.api.fields import IdField, MoneyField, TextField, TimestampField, WholeField
from web.api.lists import Filters, filters
from web.api.serializers import Asked, Shown
from web.api.views import Endpoint

from .. import queries
from ..errors import SlugTaken
from ..models import Product, Store
from ..models.product import MAX_QUANTITY
from ..models.store import SLUG
from ..services import products
from ..states import ProductKind, ProductStatus

STATUSES = [status.value for status in ProductStatus]
KINDS = [kind.value for kind in ProductKind]
_TEXT = 20_000
_INT4 = 2_147_483_647


class TierShown(Shown):
    """From `from_quantity` on, each one costs `unit_price`."""

    from_quantity = serializers.IntegerField(min_value=2, max_value=MAX_QUANTITY)
    unit_price = MoneyField()


class ProductShown(Shown):
    """Something on the shelf, sold in one currency."""

    id = IdField("prd", help_text="The product's name, for ever.")
    store = IdField("sto", source="store_id")
    slug = serializers.CharField(help_text="The last part of its address in the store.")
    kind = serializers.ChoiceField(
        KINDS, help_text="`card_keys` are sold by the piece, a `membership` by its plans."
    )
    status = serializers.ChoiceField(STATUSES, help_text="Only a `live` product is shown and sold.")
    name_zh = serializers.CharField(allow_blank=True)
    name_en = serializers.CharField(allow_blank=True)
    description_zh = serializers.CharField(allow_blank=True, help_text="Markdown.")
    description_en = serializers.CharField(allow_blank=True, help_text="Markdown.")
    usage_zh = serializers.CharField(allow_blank=True, help_text="How a key is used; Markdown.")
    usage_en = serializers.CharField(allow_blank=True, help_text="How a key is used; Markdown.")
    price = MoneyField(
        source="unit_price",
        help_text="For one, below every tier; of a membership, what its first plan costs a period.",
    )
    tiers = serializers.SerializerMethodField()
    min_quantity = serializers.IntegerField()
    max_quantity = serializers.IntegerField()
    hold_minutes = serializers.IntegerField(help_text="How long an unpaid order keeps its keys.")
    low_stock_threshold = serializers.IntegerField()
    position = serializers.IntegerField(help_text="Place on the shelf, ascending.")
    stock = serializers.SerializerMethodField()
    created_at = TimestampField()
    updated_at = TimestampField()

    @extend_schema_field(TierShown(many=True))
    def get_tiers(self, product: Product) -> Any:
        """Prices by quantity, ascending."""
        rows = [
            {"from_quantity": tier.from_quantity, "unit_price": Money(tier.unit_price, product.currency)}
            for tier in product.tiers.all()
        ]
        return TierShown(rows, many=True).data

    @extend_schema_field({"type": "integer", "minimum": 0, "description": "Keys that can be sold now."})
    def get_stock(self, product: Product) -> int:
        """Exact, as it is now."""
        levels = self.context.get("levels") or queries.stock_levels([product.id])
        return int(levels[product.id].available)


class TierAsked(Asked):
    """A price by quantity."""

    from_quantity = WholeField(min_value=2, max_value=MAX_QUANTITY)
    unit_price = MoneyField()


class _Words(Asked):
    name_zh = TextField(max_length=120, required=False, allow_blank=True)
    name_en = TextField(max_length=120, required=False, allow_blank=True)
    description_zh = TextField(max_length=_TEXT, required=False, allow_blank=True, help_text="Markdown.")
    description_en = TextField(max_length=_TEXT, required=False, allow_blank=True, help_text="Markdown.")
    usage_zh = TextField(max_length=_TEXT, required=False, allow_blank=True, help_text="Markdown.")
    usage_en = TextField(max_length=_TEXT, required=False, allow_blank=True, help_text="Markdown.")
    min_quantity = WholeField(min_value=1, max_value=MAX_QUANTITY, required=False)
    max_quantity = WholeField(min_value=1, max_value=MAX_QUANTITY, required=False)
    hold_minutes = WholeField(min_value=5, max_value=60, required=False)
    low_stock_threshold = WholeField(min_value=0, max_value=_INT4, required=False)
    position = WholeField(min_value=-_INT4, max_value=_INT4, required=False)
    tiers = serializers.ListField(
        child=TierAsked(),
        required=False,
        max_length=20,
        help_text="All of them: what is not named is taken away.",
    )


class ProductAsked(_Words):
    """A new product. It is a draft until it is activated."""

    store = IdField("sto", required=False, help_text="Needed where the merchant has several stores.")
    slug = serializers.RegexField(SLUG, max_length=60)
    kind = serializers.ChoiceField(KINDS, required=False, help_text="Card keys, unless you say so.")
    price = MoneyField(help_text="Of a membership only the currency counts: its plans say what it costs.")

    def validate(self, attrs: Any) -> Any:
        """One of the two names is needed; a membership has no prices by quantity."""
        _must_be_named(attrs)
        if attrs.get("kind") == ProductKind.MEMBERSHIP and attrs.get("tiers"):
            raise serializers.ValidationError({"tiers": [_("A membership has plans instead.")]})
        return attrs


class ProductChanges(_Words):
    """What is to be changed; the rest stays. The currency never changes: old sales stay comparable."""

    slug = serializers.RegexField(SLUG, max_length=60, required=False)
    price = MoneyField(required=False)


class ProductFilters(Filters):
    """Which products are listed."""

    status = filters.ChoiceFilter(choices=[(status, status) for status in STATUSES])
    slug = filters.CharFilter(max_length=60)


EXAMPLE = {
    "slug": "steam-50",
    "name_zh": "Steam 50 元",
    "name_en": "Steam 50 yuan",
    "price": {"amount": 4950, "currency": "CNY"},
    "tiers": [{"from_quantity": 10, "unit_price": {"amount": 4900, "currency": "CNY"}}],
}


class Products(Endpoint):
    """What is sold, and at which prices."""

    model = Product
    prefix = "prd"
    tag = "products"
    shown = ProductShown
    filterset_class = ProductFilters

    def get_queryset(self) -> Any:
        """The caller's products with their tiers."""
        return super().get_queryset().prefetch_related("tiers")

    @extend_schema(summary="List products")
    def list(self, request: Request) -> HttpResponse:  # noqa: ARG002
        """Newest first."""
        rows = self.cut()
        levels = queries.stock_levels([row.id for row in rows])
        return self.listed(ProductShown(rows, many=True, context={"levels": levels}).data)

    @extend_schema(summary="Get a product")
    def retrieve(self, request: Request, id: str) -> HttpResponse:  # noqa: ARG002
        """One product, with its stock as it is now."""
        return self.shows(self.one(id))

    @extend_schema(
        summary="Make a product",
        request=ProductAsked,
        responses={201: ProductShown},
        examples=[OpenApiExample("A product with a price by quantity", EXAMPLE, request_only=True)],
    )
    def create(self, request: Request) -> HttpResponse:  # noqa: ARG002
        """It is a draft: import stock, then activate it."""
        asked = self.read(ProductAsked)
        store = self._store(asked.pop("store", None))
        _must_be_free(store, asked["slug"])
        price = asked.pop("price")
        tiers = _tiers(asked.pop("tiers", []), price.currency)
        made = products.create(
            store,
            actor=self.caller.actor,
            tiers=tiers,
            currency=price.currency,
            price=price.amount,
            **asked,
        )
        return self.shows(made, status=201)

    @extend_schema(summary="Change a product", request=ProductChanges)
    def partial_update(self, request: Request, id: str) -> HttpResponse:  # noqa: ARG002
        """Only what is sent is changed. Orders that stand keep the price that they were placed at."""
        product = self.one(id)
        asked = self.read(ProductChanges)
        if (price := asked.pop("price", None)) is not None:
            _same_currency("price", price, product.currency)
            asked["price"] = price.amount
        if asked.get("slug", product.slug) != product.slug:
            _must_be_free(product.store, asked["slug"])
        _must_be_named({**vars(product), **asked})
        tiers = asked.pop("tiers", None)
        steps = None if tiers is None else _tiers(tiers, product.currency)
        products.change(product, actor=self.caller.actor, tiers=steps, **asked)
        return self.shows(self.one(id))

    @extend_schema(summary="Put a product on the shelf", request=None)
    def activate(self, request: Request, id: str) -> HttpResponse:  # noqa: ARG002
        """From now on it is shown and sold. One that is there already stays there."""
        return self._enter(id, ProductStatus.LIVE)

    @extend_schema(summary="Take a product off the shelf", request=None)
    def deactivate(self, request: Request, id: str) -> HttpResponse:  # noqa: ARG002
        """It is a draft again. An archived product comes back this way."""
        return self._enter(id, ProductStatus.DRAFT)

    @extend_schema(summary="Archive a product", request=None)
    def archive(self, request: Request, id: str) -> HttpResponse:  # noqa: ARG002
        """It is put away for good measure: no longer sold nor shown, never deleted."""
        return self._enter(id, ProductStatus.ARCHIVED)

    def _enter(self, key: str, target: ProductStatus) -> HttpResponse:
        product = self.one(key)
        self.read(Asked)
        if product.status != target:
            products.enter(product, target, actor=self.caller.actor)
        return self.shows(self.one(key))

    def _store(self, store_id: Any) -> Store:
        """The store that is meant: the named one, or the only one."""
        stores = list(self.mine(Store).filter(**({"pk": store_id} if store_id else {})).order_by("pk")[:2])
        if not stores and store_id:
            raise ObjectMissing("store")
        if len(stores) != 1:
            raise serializers.ValidationError({"store": [_("Say which store it is for.")]})
        found: Store = stores[0]
        return found


def _must_be_named(fields: Any) -> None:
    if not fields.get("name_zh") and not fields.get("name_en"):
        raise serializers.ValidationError({"name_en": [_("Give it a name in Chinese or in English.")]})


def _must_be_free(store: Store, slug: str) -> None:
    if Product.objects.filter(store=store, slug=slug).exists():
        raise SlugTaken(slug=slug)


def _tiers(asked: list[dict[str, Any]], currency: str) -> dict[int, int]:
    steps: dict[int, int] = {}
    for place, tier in enumerate(asked):
        _same_currency(f"tiers.{place}.unit_price", tier["unit_price"], currency)
        if tier["from_quantity"] in steps:
            raise serializers.ValidationError(
                {f"tiers.{place}.from_quantity": [_("This quantity has a price already.")]}
            )
        steps[tier["from_quantity"]] = tier["unit_price"].amount
    return steps


def _same_currency(field: str, amount: Money, currency: str) -> None:
    if amount.currency != currency:
        raise serializers.ValidationError({field: [_("The currency is not the product's.")]})
