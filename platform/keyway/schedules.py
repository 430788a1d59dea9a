"""What beat does and when. The table here is the default; an operator changes it in the admin.

Every task may be run twice or late: the work waits in the database, and a run takes a bounded part of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import time, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask, PeriodicTasks

_MARK = "Keyway's default: "


@dataclass(frozen=True, slots=True)
class Periodic:
    """A task and its rhythm: `every` so long, or daily `at` a time of the platform's zone."""

    name: str
    task: str
    every: timedelta | None = None
    at: time | None = None

    @property
    def rhythm(self) -> str:
        """The rhythm in words, by which an operator's change is noticed."""
        return _every(self.every) if self.every else _daily(self.at or time())

    @property
    def expires_seconds(self) -> int:
        """A run that no worker took until then is dropped, so that a stopped worker finds no pile of them."""
        return max(10, 2 * int(self.every.total_seconds())) if self.every else 6 * 3_600


def _seconds(count: int) -> timedelta:
    return timedelta(seconds=count)


TABLE: tuple[Periodic, ...] = (
    Periodic("outbox: number and deliver events", "outbox.relay", every=_seconds(3)),
    Periodic("webhooks: send what is due", "webhooks.send", every=_seconds(5)),
    Periodic("webhooks: forget what is old", "webhooks.forget", every=_seconds(3600)),
    Periodic("payments: confirm notices that were kept", "payments.tasks.sweep_notices", every=_seconds(5)),
    Periodic("payments: ask channels about open payments", "payments.tasks.ask_channels", every=_seconds(5)),
    Periodic("payments: end unpaid orders", "payments.tasks.expire_orders", every=_seconds(5)),
    Periodic("payments: send and ask about refunds", "payments.tasks.sweep_refunds", every=_seconds(5)),
    Periodic("subscriptions: renew what is due", "subscriptions.renew", every=_seconds(5)),
    Periodic("subscriptions: ask about mandates", "subscriptions.ask_mandates", every=_seconds(5)),
    Periodic("subscriptions: end orders of what is over", "subscriptions.close_orders", every=_seconds(60)),
    Periodic("subscriptions: give back what balance is left", "subscriptions.give_back", every=_seconds(600)),
    Periodic("subscriptions: end unanswered offers", "subscriptions.lapse_offers", every=_seconds(600)),
    Periodic("settlement: settle periods that are over", "settlement.tasks.settle", every=_seconds(300)),
    Periodic("settlement: send and ask about payouts", "settlement.tasks.move_payouts", every=_seconds(5)),
    Periodic("settlement: fetch exchange rates", "settlement.rates.update", at=time(23, 30)),
    Periodic("payments: tell of payouts in silence", "payments.tasks.watch_payouts", every=_seconds(600)),
    Periodic("merchants: take up imports", "merchants.sweep_imports", every=_seconds(15)),
    Periodic("merchants: take up codes", "merchants.sweep_codes", every=_seconds(15)),
    Periodic("merchants: add up old changes of settings", "merchants.add_up_changes", every=_seconds(86_400)),
    Periodic("buyers: forget codes and sessions that ended", "buyers.forget", every=_seconds(3600)),
    Periodic("risk: forget what no limit counts any more", "risk.tasks.forget_traces", every=_seconds(600)),
    Periodic("ledger: extend the chain", "ledger.tasks.extend_chain", every=_seconds(60)),
    Periodic("ledger: close yesterday", "ledger.tasks.close_yesterday", at=time(0, 10)),
    Periodic("ledger: check every invariant", "ledger.tasks.audit", every=_seconds(3600)),
    Periodic("audit: extend the chain", "audit.extend_chain", every=_seconds(60)),
)


@transaction.atomic
def sync(table: Sequence[Periodic] = TABLE) -> list[str]:
    """Bring the table to beat's database: new tasks are added, and those that left the table removed.

    A rhythm that an operator changed stays, and so does a task that was switched off. Gives what was changed.
    """
    ours = {task.name: task for task in PeriodicTask.objects.filter(description__startswith=_MARK)}
    changed = []
    for periodic in table:
        kept = ours.pop(periodic.name, None)
        if kept is None:
            kept = PeriodicTask(name=periodic.name)
        elif _is_changed_by_hand(kept) or (kept.task, _rhythm(kept)) == (periodic.task, periodic.rhythm):
            continue
        _write(kept, periodic)
        changed.append(periodic.name)
    for gone in ours.values():
        gone.delete()
        changed.append(gone.name)
    if changed:
        PeriodicTasks.update_changed()
    return changed


def _is_changed_by_hand(task: PeriodicTask) -> bool:
    return bool(_rhythm(task) != task.description.removeprefix(_MARK))


def _write(task: PeriodicTask, periodic: Periodic) -> None:
    task.task = periodic.task
    task.interval, task.crontab = _interval(periodic), _crontab(periodic)
    task.expire_seconds = periodic.expires_seconds
    task.description = _MARK + periodic.rhythm
    task.save()


def _interval(periodic: Periodic) -> Any:
    if periodic.every is None:
        return None
    seconds = int(periodic.every.total_seconds())
    return IntervalSchedule.objects.get_or_create(every=seconds, period=IntervalSchedule.SECONDS)[0]


def _crontab(periodic: Periodic) -> Any:
    if periodic.at is None:
        return None
    return CrontabSchedule.objects.get_or_create(
        minute=str(periodic.at.minute),
        hour=str(periodic.at.hour),
        day_of_week="*",
        day_of_month="*",
        month_of_year="*",
        timezone=settings.TIME_ZONE,
    )[0]


def _rhythm(task: PeriodicTask) -> str:
    if task.interval is not None:
        return _every(timedelta(**{task.interval.period: task.interval.every}))
    if task.crontab is not None and task.crontab.hour.isdigit() and task.crontab.minute.isdigit():
        return _daily(time(int(task.crontab.hour), int(task.crontab.minute)))
    return "another"


def _every(pause: timedelta) -> str:
    return f"every {int(pause.total_seconds())} s"


def _daily(at: time) -> str:
    return f"daily at {at:%H:%M}"
