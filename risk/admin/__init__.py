"""Risk in the back office: limits, lists and policies that operators keep, and decisions to look at."""

from . import decision, entry, limit, policy

__all__ = ["decision", "entry", "limit", "policy"]
