"""Beat's schedules on an operator's page: what runs when, and what is late."""

from datetime import time, timedelta

import pytest
from django.urls import reverse
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from kernel import clock
from kernel.actors import SYSTEM
from keyway.operators import rhythms

pytestmark = pytest.mark.django_db
LIST = reverse("admin:django_celery_beat_periodictask_changelist")


@pytest.fixture
def task() -> PeriodicTask:
    """It runs every five minutes."""
    every = IntervalSchedule.objects.create(every=300, period=IntervalSchedule.SECONDS)
    return PeriodicTask.objects.create(name="tests: something", task="tests.something", interval=every)


def ran(task: PeriodicTask, ago: timedelta) -> PeriodicTask:
    PeriodicTask.objects.filter(pk=task.pk).update(last_run_at=clock.now() - ago)
    return PeriodicTask.objects.get(pk=task.pk)


def test_what_should_have_run_is_late_by_what_it_missed(task):
    lag = rhythms.lag(ran(task, timedelta(minutes=9)))
    assert lag is not None and timedelta(minutes=3, seconds=58) < lag < timedelta(minutes=5)


def test_what_ran_in_time_is_not_late(task):
    assert rhythms.lag(ran(task, timedelta(minutes=5, seconds=20))) is None


@pytest.mark.parametrize("changes", [{"enabled": False}, {"last_run_at": None}])
def test_what_is_off_or_never_ran_is_not_late(task, changes):
    ran(task, timedelta(hours=9))
    PeriodicTask.objects.filter(pk=task.pk).update(**changes)
    assert rhythms.lag(PeriodicTask.objects.get(pk=task.pk)) is None


def test_a_daily_task_is_late_once_its_time_has_passed(task):
    rhythms.set_daily(task, time(0, 10), actor=SYSTEM, reason="a test")
    assert rhythms.lag(ran(task, timedelta(hours=30))) is not None
    assert rhythms.lag(ran(task, timedelta())) is None


def test_the_list_says_how_late(desk, task):
    ran(task, timedelta(minutes=25, seconds=30))
    page = desk.get(LIST).content.decode()
    assert "Late by" in page and "20\xa0minutes" in page
