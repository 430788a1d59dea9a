"""Business days: when money that came in may be used."""

from datetime import UTC, date, datetime

import pytest

from kernel import calendar

CHINA = {"country": "CN", "zone": "Asia/Shanghai"}


@pytest.mark.parametrize(
    ("paid", "available"),
    [
        (datetime(2026, 11, 18, 3, tzinfo=UTC), date(2026, 11, 19)),  # a Wednesday
        (datetime(2026, 11, 20, 3, tzinfo=UTC), date(2026, 11, 23)),  # a Friday
        (datetime(2026, 11, 21, 3, tzinfo=UTC), date(2026, 11, 23)),  # a Saturday
        (datetime(2026, 9, 30, 3, tzinfo=UTC), date(2026, 10, 8)),  # the day before National Day
    ],
)
def test_the_next_business_day_makes_money_available(paid, available):
    assert calendar.available_at(paid, business_days=1, **CHINA) == calendar.opening(
        available, "Asia/Shanghai"
    )


def test_the_day_is_the_banks_own():
    late = datetime(2026, 11, 18, 16, 30, tzinfo=UTC)  # 00:30 on Thursday in Shanghai
    assert calendar.available_at(late, business_days=1, **CHINA) == datetime(2026, 11, 19, 16, tzinfo=UTC)


def test_no_wait_means_at_once():
    paid = datetime(2026, 11, 21, 3, tzinfo=UTC)
    assert calendar.available_at(paid, business_days=0, **CHINA) == paid


def test_a_make_up_saturday_is_no_business_day():
    assert not calendar.is_business_day(date(2026, 10, 10), "CN")


@pytest.mark.parametrize("year", [1999, 2027, 2099])
def test_a_year_without_a_published_calendar_still_has_an_answer(year):
    paid = datetime(year, 1, 1, 3, tzinfo=UTC)
    assert calendar.available_at(paid, business_days=1, **CHINA) > paid


def test_an_unknown_country_keeps_its_weekends():
    assert calendar.add_business_days(date(2026, 11, 20), 1, "ZZ") == date(2026, 11, 23)
