"""The one source of the time. Nothing else in Keyway asks the system what time it is."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from typing import Protocol

_told: ContextVar[datetime | None] = ContextVar("told", default=None)


class Clocked(Protocol):
    """Somebody whose clock may run ahead: a sandbox twin. A live merchant's `clock_ahead` is zero."""

    @property
    def clock_ahead(self) -> timedelta: ...


def now(of: Clocked | None = None) -> datetime:
    """The time in UTC; with `of`, the time on that merchant's clock."""
    moment = _told.get() or datetime.now(UTC)
    return moment + of.clock_ahead if of is not None else moment


@contextmanager
def telling(moment: datetime) -> Iterator[None]:
    """Within, it is `moment`, and what is made bears it in its name: for a history that is told afterwards.

    The database keeps its own time: what is recorded there is recorded when it is.
    """
    before = _told.set(moment)
    try:
        yield
    finally:
        _told.reset(before)


def told() -> datetime | None:
    """The moment that is being told, if one is."""
    return _told.get()
