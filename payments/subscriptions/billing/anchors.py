"""When periods end: the intervals of plans."""

from kernel.intervals import MONTHS, Unit, boundary

__all__ = ["MONTHS", "Unit", "boundary"]
