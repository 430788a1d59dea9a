"""The door of the sale's rows: the one that every app above merchants uses."""

from merchants.models.doors import Doors, choices, sources

__all__ = ["Doors", "choices", "sources"]
