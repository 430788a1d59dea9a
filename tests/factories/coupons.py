"""Coupons for tests: one yuan off unless a test says otherwise, and a code for it."""

from itertools import count
from typing import Any

from factory import SubFactory
from factory.declarations import LazyAttribute, SelfAttribute, Sequence
from factory.django import DjangoModelFactory

from kernel import clock, ids
from merchants.models import Coupon, CouponCode, CouponUse
from merchants.states import CouponKind

from .merchants import MerchantFactory

_buyers = count(1)


class CouponFactory(DjangoModelFactory[Coupon]):
    """One yuan off, for everybody, on everything, for ever."""

    class Meta:
        model = Coupon

    merchant = SubFactory(MerchantFactory)
    book = LazyAttribute(lambda coupon: coupon.merchant.book)
    name = Sequence(lambda n: f"Offer {n}")
    kind = CouponKind.FIXED
    amount = 100
    currency = "CNY"


class CouponCodeFactory(DjangoModelFactory[CouponCode]):
    """A code of a coupon of its own."""

    class Meta:
        model = CouponCode

    coupon = SubFactory(CouponFactory)
    merchant = SelfAttribute("coupon.merchant")
    code = Sequence(lambda n: f"SAVE{n:04}")


def percentage(percent: Any, **fields: Any) -> Coupon:
    """A share off."""
    terms = {"kind": CouponKind.PERCENTAGE, "amount": None, "percent": percent, "currency": ""}
    return CouponFactory.create(**(terms | fields))


def code_of(coupon: Coupon, code: str = "", **fields: Any) -> CouponCode:
    """A code for a coupon."""
    return CouponCodeFactory.create(coupon=coupon, **({"code": code} if code else {}), **fields)


def used(code: CouponCode, **fields: Any) -> CouponUse:
    """A use as the database takes it: of a new order by a new buyer, unless a test says otherwise."""
    coupon = code.coupon
    values: dict[str, Any] = {
        "order_id": ids.new(),
        "buyer_key": next(_buyers).to_bytes(16, "big"),
        "discount": 100,
        "currency": "CNY",
        "carrier": coupon.carrier,
        "reserved_at": clock.now(),
    }
    return CouponUse.objects.create(
        coupon=coupon, code=code, merchant=coupon.merchant, book=coupon.book, **(values | fields)
    )
