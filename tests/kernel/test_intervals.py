"""Intervals are counted from their anchor. What they must hold is tested with the subscriptions' billing."""

from datetime import UTC, datetime

from kernel.intervals import Unit, boundary


def test_a_month_from_the_31st_ends_on_the_last_day_and_comes_back():
    anchor = datetime(2027, 1, 31, 2, tzinfo=UTC)
    days = [boundary(anchor, "Asia/Shanghai", Unit.MONTH, 1, step).day for step in range(4)]
    assert days == [31, 28, 31, 30]
