"""Telling a worker that work waits in the database. Best effort: beat sweeps what nobody was told of."""

from collections.abc import Iterable
from functools import partial
from uuid import UUID

import structlog
from celery import current_app
from django.conf import settings
from django.db import transaction
from kombu.exceptions import OperationalError

_log = structlog.get_logger(__name__)


def worker(task: str, subject: UUID) -> None:
    """Send a task once the transaction is committed. Without a broker there is nobody to tell."""
    if settings.CELERY_BROKER_URL:
        transaction.on_commit(lambda: _send(task, subject), robust=True)


def sweeps(tasks: Iterable[str]) -> None:
    """Have sweeps done once the transaction is committed, before beat's next one."""
    for task in tasks if settings.CELERY_BROKER_URL else ():
        transaction.on_commit(partial(_send, task), robust=True)


def _send(task: str, *subjects: UUID) -> None:
    try:
        current_app.send_task(task, args=[str(each) for each in subjects], retry=False, ignore_result=True)
    except OperationalError as error:
        _log.warning("merchants.wake_failed", task=task, error=type(error).__name__)
