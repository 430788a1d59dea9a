"""The tables of risk."""

from .decision import Decision
from .entry import ListEntry
from .limit import Limit
from .policy import Policy

__all__ = ["Decision", "Limit", "ListEntry", "Policy"]
