"""What beat asks of buyers."""

from celery import shared_task
from django.contrib.sessions.backends.db import SessionStore

from .services import codes


@shared_task(name="buyers.forget")
def forget() -> int:
    """Delete codes and sessions whose time is over, members' and operators' too. Gives how many codes."""
    SessionStore.clear_expired()
    return codes.forget()
