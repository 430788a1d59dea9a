"""Beat's table: complete, and never against its operator."""

from datetime import time, timedelta

import pytest
from django.core.management import call_command
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from keyway import schedules
from keyway.celery import app
from keyway.schedules import Periodic

pytestmark = pytest.mark.django_db

OUR_APPS = ("payments.", "merchants.", "ledger.", "audit.", "outbox.", "risk.", "settlement.", "webhooks.")


def often(seconds=5, name="tests: something", task="tests.something"):
    return Periodic(name, task, every=timedelta(seconds=seconds))


def test_a_migrated_database_has_the_whole_table():
    kept = set(PeriodicTask.objects.values_list("name", flat=True))
    assert kept >= {periodic.name for periodic in schedules.TABLE}


def test_every_task_of_the_table_exists():
    app.loader.import_default_modules()
    assert {periodic.task for periodic in schedules.TABLE} <= set(app.tasks)


def test_every_task_of_ours_goes_to_a_queue_that_workers_take():
    app.loader.import_default_modules()
    ours = [name for name in app.tasks if name.startswith(OUR_APPS)]
    queues = {name: app.amqp.router.route({}, name)["queue"].name for name in ours}
    assert set(queues.values()) <= set(app.amqp.queues)
    assert queues["outbox.relay"] == "outbox"
    assert queues["ledger.tasks.extend_chain"] == "settlement"
    assert queues["payments.tasks.expire_orders"] == "payments"


def test_bringing_the_table_again_changes_nothing():
    assert schedules.sync() == []


def test_a_new_task_is_added():
    schedules.sync((often(7),))
    task = PeriodicTask.objects.get(name="tests: something")
    assert (task.task, task.interval.every, task.interval.period) == ("tests.something", 7, "seconds")


def test_a_daily_task_runs_at_its_time_in_the_platforms_zone():
    schedules.sync((Periodic("tests: daily", "tests.daily", at=time(0, 10)),))
    crontab = PeriodicTask.objects.get(name="tests: daily").crontab
    assert (crontab.hour, crontab.minute, str(crontab.timezone)) == ("0", "10", "Asia/Shanghai")


def test_a_rhythm_that_changed_in_the_table_is_brought():
    schedules.sync((often(5),))
    assert schedules.sync((often(9),)) == ["tests: something"]
    assert PeriodicTask.objects.get(name="tests: something").interval.every == 9


def test_a_rhythm_that_an_operator_changed_stays():
    schedules.sync((often(5),))
    minute = IntervalSchedule.objects.create(every=1, period="minutes")
    PeriodicTask.objects.filter(name="tests: something").update(interval=minute)
    assert schedules.sync((often(9),)) == []
    assert PeriodicTask.objects.get(name="tests: something").interval == minute


def test_a_task_that_an_operator_switched_off_stays_off():
    schedules.sync((often(5),))
    PeriodicTask.objects.filter(name="tests: something").update(enabled=False)
    schedules.sync((often(9),))
    assert not PeriodicTask.objects.get(name="tests: something").enabled


def test_a_task_that_left_the_table_is_removed():
    schedules.sync((often(), often(name="tests: other")))
    assert schedules.sync((often(),)) == ["tests: other"]
    assert not PeriodicTask.objects.filter(name="tests: other").exists()


def test_an_operators_own_task_stays():
    every = IntervalSchedule.objects.create(every=1, period="days")
    PeriodicTask.objects.create(name="mine", task="tests.mine", interval=every)
    schedules.sync((often(),))
    assert PeriodicTask.objects.filter(name="mine").exists()


def test_the_command_says_what_changed(capsys):
    PeriodicTask.objects.filter(name=schedules.TABLE[0].name).delete()
    call_command("sync_schedules")
    assert capsys.readouterr().out.strip() == schedules.TABLE[0].name
