"""Coupons as their owners keep them: made, changed while nothing was promised, paused, resumed, ended.

One that the platform carries is an operator's: a member or a program of the merchant is refused here.
"""

from collections.abc import Collection, Mapping
from typing import Any

from django.db import transaction

import audit
import outbox
from kernel.actors import Actor, ActorKind
from kernel.errors import Invalid, said

from .. import events
from ..coupon_errors import CouponOfPlatform, CouponTermsFixed
from ..coupon_rules import faults
from ..models import Coupon, CouponProduct, CouponUse, Merchant, Product
from ..models.coupon import MAX_PER_BUYER
from ..states import COUPON, PLATFORM_CARRIES, Carrier, CouponStatus
from .checked import checked

TERMS = (
    *("store_id", "kind", "amount", "percent", "cap", "minimum", "currency", "carrier", "first_order"),
    "stackable",
)
"""What a used coupon keeps, by column."""
_TOLD = (*TERMS, "name", "per_buyer", "most_uses", "starts_at", "ends_at")
_SAID = {CouponStatus.ACTIVE: "resumed", CouponStatus.PAUSED: "paused", CouponStatus.ENDED: "ended"}


def create(
    merchant: Merchant, *, actor: Actor, products: Collection[Product] = (), reason: str = "", **fields: Any
) -> Coupon:
    """A coupon that is in force at once, within its window. Raises Invalid, or CouponOfPlatform."""
    coupon = _plain(Coupon(merchant=merchant, book=merchant.book, **fields))
    may_change(coupon, actor)
    with transaction.atomic():
        _check(coupon, merchant, products)
        coupon.save(force_insert=True)
        _set_products(coupon, products)
        facts = {name: _fact(getattr(coupon, name)) for name in _TOLD}
        _record(actor, "coupon.created", coupon, reason, facts)
        outbox.emit([events.of_coupon(events.COUPON_CREATED, coupon)])
    return coupon


def change(
    coupon: Coupon,
    *,
    actor: Actor,
    products: Collection[Product] | None = None,
    reason: str = "",
    **fields: Any,
) -> Coupon:
    """Change some of its fields, and its products if they are given.

    Raises Invalid, CouponTermsFixed, or CouponOfPlatform.
    """
    may_change(coupon, actor)
    with transaction.atomic():
        coupon = (
            Coupon.objects.select_for_update(no_key=True, of=("self",))
            .select_related("merchant", "store")
            .get(pk=coupon.pk)
        )
        before = {name: getattr(coupon, name) for name in _TOLD}
        for name, value in fields.items():
            setattr(coupon, name, value)
        _plain(coupon)
        changed = [name for name in _TOLD if getattr(coupon, name) != before[name]]
        _check_fixed(coupon, before, changed)
        named = Product.objects.filter(pk__in=coupon.products.values("product"))
        _check(coupon, coupon.merchant, named if products is None else products)
        coupon.save(update_fields=list(_TOLD))
        if products is not None:
            _set_products(coupon, products)
        facts = {name: [_fact(before[name]), _fact(getattr(coupon, name))] for name in changed}
        _record(actor, "coupon.changed", coupon, reason, {"changed": facts})
        outbox.emit([events.of_coupon(events.COUPON_CHANGED, coupon)])
    return coupon


def enter(coupon: Coupon, target: CouponStatus, *, actor: Actor, reason: str = "") -> Coupon:
    """Pause, resume or end a coupon. Uses that stand go on. Raises IllegalMove, or CouponOfPlatform."""
    may_change(coupon, actor)
    with transaction.atomic():
        coupon = Coupon.objects.select_for_update(no_key=True).get(pk=coupon.pk)
        COUPON.check(CouponStatus(coupon.status), target)
        coupon.enter(target, field="status")
        _record(actor, f"coupon.{_SAID[target]}", coupon, reason, {})
        outbox.emit([events.of_coupon(events.COUPON_CHANGED, coupon)])
    return coupon


def may_change(coupon: Coupon, actor: Actor) -> None:
    """Raise CouponOfPlatform where the platform carries it and somebody else comes."""
    if coupon.carrier == Carrier.PLATFORM and actor.kind is not ActorKind.OPERATOR:
        raise CouponOfPlatform


def _plain(coupon: Coupon) -> Coupon:
    """Without what its kind does not know; a currency only where a sum is named."""
    if coupon.kind == "percentage":
        coupon.amount = None
    else:
        coupon.percent = coupon.cap = None
    if coupon.first_order:
        coupon.per_buyer = 1
    if coupon.amount is None and coupon.cap is None and coupon.minimum is None:
        coupon.currency = ""
    return coupon


def _check(coupon: Coupon, merchant: Merchant, products: Collection[Product]) -> None:
    errors = faults(coupon)
    if coupon.store is not None and coupon.store.merchant_id != merchant.pk:
        errors["store"] = [said("There is no such store.")]
    for product in products:
        if product.merchant_id != merchant.pk:
            errors["products"] = [said("There is no such product.")]
        elif coupon.store_id is not None and product.store_id != coupon.store_id:
            errors["products"] = [said("Choose products of the chosen store.")]
    if coupon.carrier == Carrier.PLATFORM and merchant.settlement_mode not in PLATFORM_CARRIES:
        errors["carrier"] = [said("The platform carries discounts only where it holds the merchant's money.")]
    if errors:
        raise Invalid(errors=errors)
    checked(coupon)


def _check_fixed(coupon: Coupon, before: Mapping[str, Any], changed: list[str]) -> None:
    """Raise CouponTermsFixed where somebody was promised something else."""
    fixed = [name for name in changed if name in TERMS]
    many = MAX_PER_BUYER + 1
    if (coupon.per_buyer or many) < (before["per_buyer"] or many):
        fixed.append("per_buyer")
    if fixed and CouponUse.objects.filter(coupon=coupon).exists():
        sentence = said("This coupon has been used: what it promises stays as it is.")
        raise CouponTermsFixed(errors={name.removesuffix("_id"): [sentence] for name in fixed})


def _set_products(coupon: Coupon, products: Collection[Product]) -> None:
    CouponProduct.objects.filter(coupon=coupon).exclude(product__in=products).delete()
    rows = [
        CouponProduct(coupon=coupon, product=product, merchant_id=coupon.merchant_id) for product in products
    ]
    CouponProduct.objects.bulk_create(rows, ignore_conflicts=True)


def _fact(value: Any) -> Any:
    return value if value is None or isinstance(value, (bool, int)) else str(value)


def _record(actor: Actor, action: str, coupon: Coupon, reason: str, facts: Mapping[str, Any]) -> None:
    audit.record(
        actor, action, ("coupon", coupon.pk), merchant_id=coupon.merchant_id, reason=reason, facts=facts
    )
