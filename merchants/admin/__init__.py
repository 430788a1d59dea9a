"""Merchants in the back office: who sells, who belongs to them, what they offer."""

from . import merchant, person, product, store

__all__ = ["merchant", "person", "product", "store"]
