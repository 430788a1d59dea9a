"""The tables of the HTTP faces."""

from .kept_answer import KeptAnswer
from .tally import Tally

__all__ = ["KeptAnswer", "Tally"]
