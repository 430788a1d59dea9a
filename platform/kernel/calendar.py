"""Business days, in the time zone where the bank works."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

_LOOK_AHEAD_DAYS = 60


@lru_cache(maxsize=64)
def _holidays(country: str, year: int) -> frozenset[date]:
    try:
        return frozenset(holidays.country_holidays(country, years=year))
    except NotImplementedError:
        # A country that the library does not know keeps its weekends; posting must never fail for it.
        return frozenset()


@dataclass(frozen=True, slots=True)
class RestDay:
    """A day on which banks do not work. `holiday` is its name, empty for a plain weekend."""

    day: date
    holiday: str


def rest_days(after: date, before: date, country: str, language: str) -> list[RestDay]:
    """The days between two others, both left out, on which banks of `country` rest.

    Holidays are named in `language` ("zh", "en") where the calendar knows it, else in the country's own.
    """
    days = [after + timedelta(days=ahead) for ahead in range(1, (before - after).days)]
    return [
        RestDay(day, _names(country, day.year, language).get(day, ""))
        for day in days
        if not is_business_day(day, country)
    ]


@lru_cache(maxsize=64)
def _names(country: str, year: int, language: str) -> Mapping[date, str]:
    try:
        known = dict(holidays.list_localized_countries()).get(country, [])
        spoken = next((each for each in known if each.split("_")[0] == language), None)
        return dict(holidays.country_holidays(country, years=year, language=spoken))
    except NotImplementedError:
        return {}


def is_business_day(day: date, country: str) -> bool:
    """Whether banks of `country` (ISO 3166 alpha-2) work on `day`.

    Saturdays and Sundays never count, make-up working days included: people work on them, many banks do not.
    """
    return day.weekday() < 5 and day not in _holidays(country, day.year)


def add_business_days(day: date, count: int, country: str) -> date:
    """The `count`-th business day after `day`; with 0, `day` itself."""
    for _ in range(count):
        day = _next_business_day(day, country)
    return day


def _next_business_day(day: date, country: str) -> date:
    for ahead in range(1, _LOOK_AHEAD_DAYS):
        candidate = day + timedelta(days=ahead)
        if is_business_day(candidate, country):
            return candidate
    return day + timedelta(days=1)


@lru_cache(maxsize=1024)
def opening(day: date, zone: str) -> datetime:
    """The first instant of `day` in `zone`, in UTC."""
    return datetime.combine(day, time.min, ZoneInfo(zone)).astimezone(UTC)


def available_at(moment: datetime, *, business_days: int, country: str, zone: str) -> datetime:
    """When money received at `moment` may be used under T+`business_days`: a day's first instant in `zone`.

    T+0 is the moment itself.
    """
    if business_days == 0:
        return moment
    local = moment.astimezone(ZoneInfo(zone)).date()
    return opening(add_business_days(local, business_days, country), zone)
