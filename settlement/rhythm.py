"""When a merchant is settled. Pure.

A period ends at the first instant of a settlement day, and that instant belongs to it: under T+1 Monday's
money counts from Tuesday's first instant on, and Tuesday's statement has it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from kernel import calendar

from .states import Cycle

_LOOK_AROUND_DAYS = 80


@dataclass(frozen=True, slots=True)
class Terms:
    """A merchant's schedule. `weekday` (Monday 0) counts for weekly cycles; `country` is the calendar's.

    `minimum` maps a currency to the least amount that is paid out, in minor units.
    """

    cycle: Cycle
    weekday: int
    country: str
    zone: str
    minimum: Mapping[str, int]
    paused: bool = False

    def least(self, currency: str) -> int:
        """The least amount of this currency that is paid out, in minor units; at least one."""
        return max(1, self.minimum.get(currency, 1))


def latest(terms: Terms, now: datetime) -> datetime:
    """The end of the last period that is over."""
    today = _day(terms, now)
    days = (today - timedelta(days=back) for back in range(_LOOK_AROUND_DAYS))
    return calendar.opening(next(day for day in days if _is_settlement_day(terms, day)), terms.zone)


def following(terms: Terms, now: datetime) -> datetime:
    """The end of the period that is running."""
    today = _day(terms, now)
    days = (today + timedelta(days=ahead) for ahead in range(1, _LOOK_AROUND_DAYS))
    return calendar.opening(next(day for day in days if _is_settlement_day(terms, day)), terms.zone)


def _day(terms: Terms, now: datetime) -> date:
    return now.astimezone(ZoneInfo(terms.zone)).date()


def _is_settlement_day(terms: Terms, day: date) -> bool:
    if not calendar.is_business_day(day, terms.country):
        return False
    if terms.cycle == Cycle.DAILY or day.weekday() == terms.weekday:
        return True
    # The bank was closed on the weekday itself and on every day since.
    return any(closed.weekday() == terms.weekday for closed in _closed_before(terms, day))


def _closed_before(terms: Terms, day: date) -> Iterator[date]:
    before = day - timedelta(days=1)
    while not calendar.is_business_day(before, terms.country) and (day - before).days < _LOOK_AROUND_DAYS:
        yield before
        before -= timedelta(days=1)
