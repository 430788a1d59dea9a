"""The Celery application. Money work waits in the database; the broker only wakes workers."""

import os
from typing import Any

from celery import Celery, signals

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "keyway.settings")

NICENESS = 5

app = Celery("keyway")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


def _keep_logging(**_: Any) -> None:
    """Celery sets up logging of its own unless somebody listens here; ours redacts."""


signals.setup_logging.connect(_keep_logging)


def yield_to_pages(**_: Any) -> None:
    """What a worker does can wait a moment; who has a page open cannot, where both share the same cores."""
    os.nice(NICENESS)


signals.worker_init.connect(yield_to_pages)
