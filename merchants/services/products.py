"""Products: making and changing them, their quantity prices, putting them on the shelf and off it."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

import audit
from kernel.actors import Actor

from ..errors import NotYetSold, PlanMissing, TiersNotFalling
from ..models import Plan, PriceTier, Product, Store
from ..states import PRODUCT, PlanStatus, ProductKind, ProductStatus
from . import catalogue
from .checked import checked

Tiers = Mapping[int, int]
"""From which quantity, at how many minor units each."""

# Kinds for which somebody takes orders; others can be prepared, and not be put on sale.
_sold = {ProductKind.CARD_KEYS}

# What an entry of the audit trail shows before and after; the texts would only fill it.
_TOLD = (
    *("slug", "price", "min_quantity", "max_quantity", "hold_minutes", "unpaid_share"),
    "low_stock_threshold",
)


def sell(kind: ProductKind) -> None:
    """From now on products of this kind can be put on sale: said by who takes orders for them."""
    _sold.add(kind)


def create(store: Store, *, actor: Actor, tiers: Tiers | None = None, **fields: Any) -> Product:
    """A draft in a store. Raises Invalid, or TiersNotFalling. A membership's price is that of its plans."""
    if fields.get("kind") == ProductKind.MEMBERSHIP:
        fields, tiers = {**fields, "price": 0}, None
    with transaction.atomic():
        product = Product(merchant_id=store.merchant_id, store=store, **fields)
        checked(product).save(force_insert=True)
        _set_tiers(product, tiers or {})
        facts = {"price": product.price, "currency": product.currency}
        _record(actor, "product.created", product, facts)
    return product


def change(product: Product, *, actor: Actor, tiers: Tiers | None = None, **fields: Any) -> Product:
    """Change fields, and the quantity prices if `tiers` is given. Raises Invalid, or TiersNotFalling.

    A currency stays: what was sold in it must remain comparable.
    """
    fields.pop("currency", None)
    with transaction.atomic():
        product = Product.objects.select_for_update(no_key=True).get(pk=product.pk)
        if product.kind == ProductKind.MEMBERSHIP:
            # Its plans say what it costs and how many one may have.
            fields.pop("price", None)
            tiers = None
        before = {name: getattr(product, name) for name in _TOLD if name in fields}
        for name, value in fields.items():
            setattr(product, name, value)
        checked(product).save()
        if tiers is not None:
            _set_tiers(product, tiers)
        changed = {name: [old, fields[name]] for name, old in before.items() if old != fields[name]}
        _record(actor, "product.changed", product, {"fields": sorted(fields), "changed": changed})
    catalogue.forget()
    return product


def enter(product: Product, target: ProductStatus, *, actor: Actor) -> Product:
    """Put a product on the shelf, back into draft, or away. Raises IllegalMove, PlanMissing or NotYetSold."""
    with transaction.atomic():
        product = Product.objects.select_for_update(no_key=True).get(pk=product.pk)
        PRODUCT.check(ProductStatus(product.status), target)
        if target is ProductStatus.LIVE:
            _check_sellable(product)
        product.status = target
        product.save(update_fields=["status", "updated_at"])
        _record(actor, f"product.{target}", product, {})
    catalogue.forget()
    return product


def tiers_of(product: Product) -> dict[int, int]:
    """The quantity prices as they are."""
    return {tier.from_quantity: tier.unit_price for tier in product.tiers.all()}


def _check_sellable(product: Product) -> None:
    if product.kind not in _sold:
        raise NotYetSold
    if product.kind != ProductKind.MEMBERSHIP:
        return
    if not Plan.objects.filter(product=product, status=PlanStatus.LIVE).exists():
        raise PlanMissing


def _set_tiers(product: Product, tiers: Tiers) -> None:
    below = product.price
    for quantity in sorted(tiers):
        if not 0 < tiers[quantity] < below:
            raise TiersNotFalling(quantity=quantity)
        below = tiers[quantity]
    PriceTier.objects.filter(product=product).delete()
    rows = [
        PriceTier(product=product, from_quantity=quantity, unit_price=tiers[quantity])
        for quantity in sorted(tiers)
    ]
    PriceTier.objects.bulk_create(rows)


def _record(actor: Actor, action: str, product: Product, facts: Mapping[str, Any]) -> None:
    audit.record(actor, action, ("product", product.id), merchant_id=product.merchant_id, facts=facts)
