"""When a merchant is settled: business days where the bank works."""

from datetime import UTC, datetime

import pytest

from settlement import rhythm
from settlement.rhythm import Terms
from settlement.states import Cycle

DAILY = Terms(Cycle.DAILY, 0, "CN", "Asia/Shanghai", {})
THURSDAYS = Terms(Cycle.WEEKLY, 3, "CN", "Asia/Shanghai", {})


def shanghai(month: int, day: int, hour: int = 0) -> datetime:
    """A time of 2026 in Shanghai, which is eight hours ahead."""
    return datetime(2026, month, day, hour, tzinfo=rhythm.ZoneInfo("Asia/Shanghai")).astimezone(UTC)


@pytest.mark.parametrize(
    ("terms", "now", "ended", "ends"),
    [
        # A Wednesday at noon.
        (DAILY, shanghai(11, 18, 12), shanghai(11, 18), shanghai(11, 19)),
        # Its first instant belongs to the period that it ends.
        (DAILY, shanghai(11, 18), shanghai(11, 18), shanghai(11, 19)),
        # A Sunday: Friday was the last business day, Monday is the next.
        (DAILY, shanghai(11, 22, 12), shanghai(11, 20), shanghai(11, 23)),
        # In the golden week, 1 to 7 October, banks are closed.
        (DAILY, shanghai(10, 4, 12), shanghai(9, 30), shanghai(10, 8)),
        (THURSDAYS, shanghai(11, 18, 12), shanghai(11, 12), shanghai(11, 19)),
        # The first of October is a Thursday in the golden week; its settlement and the eighth's are one.
        (THURSDAYS, shanghai(10, 4, 12), shanghai(9, 24), shanghai(10, 8)),
        # New year's day 2026 is a Thursday: settled on the next business day.
        (THURSDAYS, shanghai(1, 6, 12), shanghai(1, 5), shanghai(1, 8)),
    ],
)
def test_periods_end_when_a_settlement_day_begins(terms, now, ended, ends):
    assert (rhythm.latest(terms, now), rhythm.following(terms, now)) == (ended, ends)


def test_the_day_is_that_of_the_schedules_zone():
    # Noon in UTC is the 19th already on Kiritimati.
    island = Terms(Cycle.DAILY, 0, "CN", "Pacific/Kiritimati", {})
    assert rhythm.latest(island, datetime(2026, 11, 18, 12, tzinfo=UTC)) == datetime(
        2026, 11, 18, 10, tzinfo=UTC
    )


def test_a_minimum_is_at_least_one_unit():
    terms = Terms(Cycle.DAILY, 0, "CN", "Asia/Shanghai", {"CNY": 500, "USD": 0})
    assert [terms.least(currency) for currency in ("CNY", "USD", "EUR")] == [500, 1, 1]
