"""Tables of the vault."""

from .data_key import DataKey, Use

__all__ = ["DataKey", "Use"]
