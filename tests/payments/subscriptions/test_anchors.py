"""When periods end."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.subscriptions.billing.anchors import Unit, boundary

ZONES = ["Asia/Shanghai", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"]
anchors = st.datetimes(
    min_value=datetime(2020, 1, 1),  # noqa: DTZ001 (Hypothesis takes naive bounds)
    max_value=datetime(2060, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
plans = st.tuples(st.sampled_from(ZONES), st.sampled_from(list(Unit)), st.integers(1, 12))


def days(anchor, zone, unit, count, steps):
    local = datetime.fromisoformat(anchor).replace(tzinfo=ZoneInfo(zone))
    ends = [boundary(local, zone, unit, count, step).astimezone(ZoneInfo(zone)) for step in range(1, steps)]
    return [f"{end:%m-%d %H:%M}" for end in ends]


def test_the_31st_comes_back_after_short_months():
    ends = days("2026-01-31 10:00", "Asia/Shanghai", Unit.MONTH, 1, 5)
    assert ends == ["02-28 10:00", "03-31 10:00", "04-30 10:00", "05-31 10:00"]


def test_a_leap_day_comes_back_with_its_leap_year():
    ends = days("2024-02-29 10:00", "Asia/Shanghai", Unit.YEAR, 1, 6)
    assert ends == ["02-28 10:00", "02-28 10:00", "02-28 10:00", "02-29 10:00", "02-28 10:00"]


def test_a_quarter_is_three_months():
    assert days("2026-11-30 10:00", "UTC", Unit.QUARTER, 1, 3) == ["02-28 10:00", "05-30 10:00"]


def test_the_hour_on_the_wall_stays_when_clocks_change():
    assert days("2026-03-01 09:00", "America/New_York", Unit.DAY, 7, 3) == ["03-08 09:00", "03-15 09:00"]


def test_an_hour_that_is_left_out_is_moved_forward():
    assert days("2026-02-08 02:30", "America/New_York", Unit.MONTH, 1, 3) == ["03-08 03:30", "04-08 02:30"]


def test_of_an_hour_that_comes_twice_it_is_the_first():
    anchor = datetime(2026, 10, 1, 1, 30, tzinfo=ZoneInfo("America/New_York"))
    assert boundary(anchor, "America/New_York", Unit.MONTH, 1, 1) == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)


@pytest.mark.parametrize("zone", ZONES)
def test_the_day_is_counted_where_the_merchant_lives(zone):
    anchor = datetime(2026, 1, 31, 23, 30, tzinfo=ZoneInfo(zone))
    assert boundary(anchor, zone, Unit.MONTH, 1, 1).astimezone(ZoneInfo(zone)).day == 28


@given(anchors, plans)
def test_the_anchor_is_the_end_of_no_interval(anchor, plan):
    assert boundary(anchor, *plan, 0) == anchor


@given(anchors, plans)
def test_ends_follow_each_other(anchor, plan):
    ends = [boundary(anchor, *plan, step) for step in range(30)]
    assert all(earlier + timedelta(hours=22) < later for earlier, later in pairwise(ends))


@given(anchors, plans)
def test_a_year_of_steps_is_a_year(anchor, plan):
    zone, _, _ = plan
    assert boundary(anchor, zone, Unit.MONTH, 1, 12) == boundary(anchor, zone, Unit.YEAR, 1, 1)
