"""Filling a twin: copies of a live merchant's stores and products, without its stock."""

from django.db import transaction

from kernel.actors import Actor

from ..models import Merchant, Product, Store
from ..states import ProductKind, ProductStatus
from . import plans, products, stores

_STORE = ("name_zh", "name_en", "notice_zh", "notice_en", "support_zh", "support_en", "accent")
_PRODUCT = (
    *("slug", "kind", "name_zh", "name_en", "description_zh", "description_en", "usage_zh", "usage_en"),
    *("currency", "price", "min_quantity", "max_quantity", "hold_minutes", "unpaid_share"),
    *("low_stock_threshold", "position"),
)


def copy_store(store: Store, twin: Merchant, *, actor: Actor) -> Store:
    """The store once more in the twin, as `<slug>-test`, with its live products and their prices."""
    with transaction.atomic():
        copy = stores.create(
            twin, f"{store.slug}-test", actor=actor, **{name: getattr(store, name) for name in _STORE}
        )
        for product in Product.objects.filter(store=store, status=ProductStatus.LIVE).order_by("position"):
            twin_product = products.create(
                copy,
                actor=actor,
                tiers=products.tiers_of(product),
                **{name: getattr(product, name) for name in _PRODUCT},
            )
            if product.kind == ProductKind.MEMBERSHIP:
                plans.copy(product, twin_product, actor=actor)
            products.enter(twin_product, ProductStatus.LIVE, actor=actor)
    return copy
