"""Why money that came is not usable yet."""

from datetime import UTC, date, datetime
from decimal import Decimal

from kernel.money import Rate
from payments.waits import wait_of
from settlement.fees import FeePlan

PLAN = FeePlan(Rate(Decimal(0)), {}, True, 1, "CN", "Asia/Shanghai")


def wait(paid_at: datetime, language: str = "en"):
    return wait_of(paid_at, PLAN.available_at(paid_at), PLAN, language=language)


def test_money_of_a_friday_waits_for_the_weekend():
    found = wait(datetime(2026, 11, 20, 4, tzinfo=UTC))
    assert (found.days, [rest.day for rest in found.rests]) == (1, [date(2026, 11, 21), date(2026, 11, 22)])


def test_money_of_a_monday_waits_for_nothing_but_the_night():
    found = wait(datetime(2026, 11, 16, 4, tzinfo=UTC))
    assert (found.days, found.rests) == (1, [])


def test_a_holiday_is_named_in_the_readers_language():
    paid_at = datetime(2026, 9, 30, 4, tzinfo=UTC)
    assert "国庆节" in [rest.holiday for rest in wait(paid_at, "zh").rests]
    assert "National Day" in [rest.holiday for rest in wait(paid_at, "en").rests]
