"""Merchants in the back office: who sells, who belongs to them, what they offer."""

from . import coupon, membership, merchant, person, product, store

__all__ = ["coupon", "membership", "merchant", "person", "product", "store"]
