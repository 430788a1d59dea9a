"""The hint that deliveries wait. Best effort, as the outbox's: beat sweeps every few seconds anyway."""

from celery import current_app
from django.conf import settings
from django.db import transaction

from outbox.wake import Waker

_EXPIRES_SECONDS = 5


def _send() -> None:
    current_app.send_task(
        "webhooks.send", queue="outbox", expires=_EXPIRES_SECONDS, retry=False, ignore_result=True
    )


_waker = Waker(_send)


def senders() -> None:
    """Hint that senders have work, once the transaction (if there is one) is committed."""
    if settings.CELERY_BROKER_URL:
        transaction.on_commit(_waker.hint)
