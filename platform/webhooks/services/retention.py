"""Forgetting: attempts and ended deliveries after a month, events after a quarter."""

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection

from kernel import clock

_BATCH = 5_000
# Names carry the millisecond of their making: the primary key is the index.
_ATTEMPTS = (
    "DELETE FROM webhooks_attempt WHERE id IN (SELECT id FROM webhooks_attempt WHERE id < %s LIMIT %s)"
)
_DELIVERIES = """
    DELETE FROM webhooks_delivery WHERE id IN (
        SELECT id FROM webhooks_delivery WHERE id < %s AND state <> 'pending' LIMIT %s)
"""
_EVENTS = """
    DELETE FROM webhooks_event WHERE id IN (
        SELECT id FROM webhooks_event WHERE id < %s LIMIT %s)
"""


def forget() -> int:
    """Delete what is older than it is kept, a bounded part of it; how many rows."""
    deliveries = clock.now() - timedelta(days=settings.KEYWAY_WEBHOOK_DELIVERY_DAYS)
    events = clock.now() - timedelta(days=settings.KEYWAY_WEBHOOK_EVENT_DAYS)
    gone = 0
    with connection.cursor() as cursor:
        for statement, before in ((_ATTEMPTS, deliveries), (_DELIVERIES, deliveries), (_EVENTS, events)):
            cursor.execute(statement, [_first_name(before), _BATCH])
            gone += cursor.rowcount
    return gone


def _first_name(at: datetime) -> UUID:
    """The smallest UUIDv7 of this millisecond."""
    return UUID(int=int(at.timestamp() * 1000) << 80)
