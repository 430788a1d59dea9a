"""Why money that came is not usable yet: the days that were counted, and those that were not. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from kernel import calendar
from kernel.calendar import RestDay
from settlement.fees import FeePlan


@dataclass(frozen=True, slots=True)
class Waiting:
    """From the payment until the money counts. `days`: business days between them, so T+`days`."""

    paid_at: datetime
    days: int
    rests: list[RestDay]  # weekends and holidays in between, which do not count
    available_at: datetime


def wait_of(paid_at: datetime, available_at: datetime, plan: FeePlan, *, language: str) -> Waiting:
    """The wait in the plan's calendar: of the plan in force now, which may be a newer one than was agreed."""
    zone = ZoneInfo(plan.zone)
    paid, usable = paid_at.astimezone(zone).date(), available_at.astimezone(zone).date()
    counted = sum(
        calendar.is_business_day(paid + timedelta(days=ahead), plan.country)
        for ahead in range(1, (usable - paid).days + 1)
    )
    return Waiting(paid_at, counted, calendar.rest_days(paid, usable, plan.country, language), available_at)
