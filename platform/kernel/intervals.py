"""When periods end: always counted from the anchor, so that a short month shortens no other one."""

from calendar import monthrange
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo


class Unit(StrEnum):
    """What a plan counts its interval in."""

    DAY = "day"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


MONTHS = {Unit.MONTH: 1, Unit.QUARTER: 3, Unit.YEAR: 12}


def boundary(anchor: datetime, zone: str, unit: Unit, count: int, step: int) -> datetime:
    """The end of the `step`-th interval after `anchor`, in UTC; step 0 is the anchor itself.

    It is the anchor's wall time in `zone`, on its day of the month or the month's last: 31 January, 28
    February, 31 March. A wall time that the zone leaves out is moved forward by what is left out; of one that
    comes twice it is the first.
    """
    if step == 0:
        return anchor.astimezone(UTC)
    local = anchor.astimezone(ZoneInfo(zone)).replace(fold=0)
    if unit is Unit.DAY:
        return (local + timedelta(days=count * step)).astimezone(UTC)
    return _months_later(local, MONTHS[unit] * count * step).astimezone(UTC)


def _months_later(local: datetime, months: int) -> datetime:
    year, month = divmod(local.year * 12 + local.month - 1 + months, 12)
    last = monthrange(year, month + 1)[1]
    return local.replace(year=year, month=month + 1, day=min(local.day, last))
