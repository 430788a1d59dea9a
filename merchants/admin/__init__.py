"""Merchants in the back office: who sells, who belongs to them, what they offer."""

from . import coupon, coupon_use, membership, merchant, person, product, store

__all__ = ["coupon", "coupon_use", "membership", "merchant", "person", "product", "store"]
