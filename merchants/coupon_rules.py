"""What a coupon must be, in sentences for people: the same as the database's constraints."""

from kernel.errors import said

from .models import Coupon
from .models.coupon import MAX_PER_BUYER
from .models.product import MAX_PRICE
from .states import CouponKind

Errors = dict[str, list[str]]


def faults(coupon: Coupon) -> Errors:
    """What is wrong, by field; empty: nothing."""
    errors: Errors = {}
    for each in (_reduction, _minimum, _limits, _window):
        errors |= each(coupon)
    sums = (coupon.amount, coupon.cap, coupon.minimum)
    if not coupon.currency and any(value is not None for value in sums):
        errors["currency"] = [said("Say in which currency the amounts are.")]
    if not coupon.name.strip():
        errors["name"] = [said("Give it a name, for yourself.")]
    return errors


def _reduction(coupon: Coupon) -> Errors:
    if coupon.kind == CouponKind.PERCENTAGE:
        if coupon.percent is None or not 0 < coupon.percent <= 100:
            return {"percent": [said("Enter a percentage above 0, at most 100.")]}
        if coupon.cap is not None and not 0 < coupon.cap <= MAX_PRICE:
            return {"cap": [said("Enter an amount above zero.")]}
        return {}
    if coupon.amount is None or not 0 < coupon.amount <= MAX_PRICE:
        return {"amount": [said("Enter an amount above zero.")]}
    return {}


def _minimum(coupon: Coupon) -> Errors:
    if coupon.minimum is None:
        if coupon.kind == CouponKind.SPEND_AND_SAVE:
            return {"minimum": [said("Say how much must be spent.")]}
        return {}
    if not 0 < coupon.minimum <= MAX_PRICE:
        return {"minimum": [said("Enter an amount above zero.")]}
    if coupon.kind == CouponKind.SPEND_AND_SAVE and (coupon.amount or 0) >= coupon.minimum:
        return {"amount": [said("The discount must be below what is to be spent.")]}
    return {}


def _limits(coupon: Coupon) -> Errors:
    errors: Errors = {}
    if coupon.most_uses is not None and coupon.most_uses < max(1, coupon.used):
        errors["most_uses"] = [
            said("It has been used more often than that already.") if coupon.used else said("At least once.")
        ]
    if coupon.per_buyer is not None and not 1 <= coupon.per_buyer <= MAX_PER_BUYER:
        errors["per_buyer"] = [said("From 1 to 1,000 times.")]
    return errors


def _window(coupon: Coupon) -> Errors:
    if coupon.starts_at and coupon.ends_at and coupon.starts_at >= coupon.ends_at:
        return {"ends_at": [said("It must end after it begins.")]}
    return {}
