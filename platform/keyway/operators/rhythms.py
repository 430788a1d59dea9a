"""Changing beat's schedules, by operators and with a reason. Beat notices within seconds."""

from datetime import time, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask

import audit
from kernel.actors import Actor
from kernel.errors import Problem, said

ON_TIME = timedelta(minutes=1)
"""A run is not late by less: beat writes down a moment later that it has started one."""


class ReasonMissing(Problem):
    """Whoever changes a schedule says why."""

    code, status, title = "keyway.reason_missing", 400, said("A reason is missing.")
    advice = said("Nothing was changed. Say in a sentence why this is done.")


def lag(task: PeriodicTask) -> timedelta | None:
    """For how long a run of the task has been overdue. None: it is on time, off, or never ran."""
    if not task.enabled or task.last_run_at is None:
        return None
    overdue: timedelta = -task.schedule.remaining_estimate(task.last_run_at)
    return overdue if overdue >= ON_TIME else None


def switch(task: PeriodicTask, *, enabled: bool, actor: Actor, reason: str) -> None:
    """Let the task run by itself, or not."""
    task.enabled = enabled
    _save(task, "schedule.switched", actor, reason, {"enabled": enabled})


def set_every(task: PeriodicTask, every: timedelta, *, actor: Actor, reason: str) -> None:
    """Let the task run every so often, in whole seconds."""
    seconds = max(1, int(every.total_seconds()))
    interval, _ = IntervalSchedule.objects.get_or_create(every=seconds, period=IntervalSchedule.SECONDS)
    task.interval, task.crontab = interval, None
    _save(task, "schedule.timed", actor, reason, {"seconds": seconds})


def set_daily(task: PeriodicTask, at: time, *, actor: Actor, reason: str) -> None:
    """Let the task run once a day, at this time of the platform's zone."""
    crontab, _ = CrontabSchedule.objects.get_or_create(
        minute=str(at.minute),
        hour=str(at.hour),
        day_of_week="*",
        day_of_month="*",
        month_of_year="*",
        timezone=settings.TIME_ZONE,
    )
    task.interval, task.crontab = None, crontab
    _save(task, "schedule.timed", actor, reason, {"daily": f"{at:%H:%M}"})


def _save(task: PeriodicTask, action: str, actor: Actor, reason: str, facts: dict[str, object]) -> None:
    if not reason.strip():
        raise ReasonMissing
    with transaction.atomic():
        task.save()
        audit.record(actor, action, subject_of(task), reason=reason, facts={"task": task.task, **facts})


def subject_of(task: PeriodicTask) -> tuple[str, UUID]:
    """The task in the audit trail, where every name is a UUID."""
    return "schedule", UUID(int=task.pk)
