"""When a merchant is settled: its own schedule, or daily by the calendar of its fee plan."""

from dataclasses import replace

import pytest

from audit.models import AuditRow
from kernel.actors import SYSTEM
from settlement import plans, schedules
from settlement.errors import BadSchedule, ReasonMissing
from settlement.models import Schedule
from settlement.states import Cycle
from tests.factories.merchants import MerchantFactory

pytestmark = pytest.mark.django_db


def test_without_a_schedule_the_fee_plans_calendar_holds():
    merchant = MerchantFactory.create()
    plan = replace(plans.STANDARD, country="HK", zone="Asia/Hong_Kong")
    plans.change(merchant.pk, plan, actor=SYSTEM, reason="test")
    terms = schedules.of(merchant.pk)
    assert (terms.cycle, terms.country, terms.zone) == (Cycle.DAILY, "HK", "Asia/Hong_Kong")
    assert schedules.of_many([merchant.pk]) == {merchant.pk: terms}


def test_a_change_holds_at_once_and_is_recorded():
    merchant = MerchantFactory.create()
    terms = replace(schedules.of(merchant.pk), cycle=Cycle.WEEKLY, weekday=3, minimum={"CNY": 5_000})
    for _ in range(2):
        row = schedules.change(merchant, terms, actor=SYSTEM, reason="They asked for it.")
    assert schedules.of(merchant.pk) == terms
    assert schedules.of_many([merchant.pk]) == {merchant.pk: terms}
    deeds = AuditRow.objects.filter(action="schedule.changed", subject_id=row.pk)
    assert (Schedule.objects.count(), deeds.count()) == (1, 2)
    assert deeds[0].facts["minimum"] == {"CNY": 5_000}


@pytest.mark.parametrize(
    "changes",
    [
        {"weekday": 7},
        {"country": "cn"},
        {"zone": "Nowhere/Town"},
        {"zone": ""},
        {"minimum": {"yuan": 1}},
        {"minimum": {"CNY": -1}},
        {"minimum": {"CNY": 1.5}},
    ],
)
def test_terms_that_are_no_schedule_are_refused(changes):
    merchant = MerchantFactory.create()
    terms = replace(schedules.of(merchant.pk), **changes)
    with pytest.raises(BadSchedule):
        schedules.change(merchant, terms, actor=SYSTEM, reason="test")
    assert not Schedule.objects.exists()


def test_a_change_needs_a_reason():
    merchant = MerchantFactory.create()
    with pytest.raises(ReasonMissing):
        schedules.change(merchant, schedules.of(merchant.pk), actor=SYSTEM, reason=" ")
