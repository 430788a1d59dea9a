"""Merchants in the back office: who sells, who belongs to them, what they offer."""

from . import coupon, merchant, person, product, store

__all__ = ["coupon", "merchant", "person", "product", "store"]
