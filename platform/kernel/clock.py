"""The one source of the time. Nothing else in Keyway asks the system what time it is."""

from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clocked(Protocol):
    """Somebody whose clock may run ahead: a sandbox twin. A live merchant's `clock_ahead` is zero."""

    @property
    def clock_ahead(self) -> timedelta: ...


def now(of: Clocked | None = None) -> datetime:
    """The time in UTC; with `of`, the time on that merchant's clock."""
    moment = datetime.now(UTC)
    return moment + of.clock_ahead if of is not None else moment
