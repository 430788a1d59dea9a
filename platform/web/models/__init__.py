"""The tables of the HTTP faces."""

from .tally import Tally

__all__ = ["Tally"]
