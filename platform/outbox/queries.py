"""Reading events by number, and how the relay stands."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from django.db import connection

from kernel.books import Book

from .subscribers import Received, Subscriber

_COLUMNS = """
    n.number, n.version, e.id, e.topic, e.subject_kind, e.subject_id, e.merchant_id, e.book, e.payload::text,
    e.created_at
"""
_AFTER = f"""
    SELECT {_COLUMNS} FROM outbox_number n JOIN outbox_event e ON e.id = n.event_id
    WHERE n.number > %s AND n.topic = ANY(%s) ORDER BY n.number LIMIT %s
"""  # noqa: S608  (constants)
_ONE = f"""
    SELECT {_COLUMNS} FROM outbox_number n JOIN outbox_event e ON e.id = n.event_id WHERE n.number = %s
"""  # noqa: S608  (constants)
_BEHIND = """
    SELECT c.subscriber FROM outbox_cursor c
    WHERE c.subscriber = ANY(%s)
      AND (c.number < (SELECT coalesce(max(number), 0) FROM outbox_number)
           OR EXISTS (SELECT FROM outbox_parked p WHERE p.subscriber = c.subscriber AND p.state = 'trying'
                      AND p.next_try_at <= clock_timestamp()))
"""


def head() -> int:
    """The highest number given so far; 0 when there is none."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(number), 0) FROM outbox_number")
        return int(cursor.fetchone()[0])


def after(number: int, topics: frozenset[str], limit: int) -> list[Received]:
    """The next events of these topics behind `number`, in order."""
    with connection.cursor() as cursor:
        cursor.execute(_AFTER, [number, list(topics), limit])
        return [_received(row) for row in cursor.fetchall()]


def numbered(number: int) -> Received | None:
    """The event of this number, if it is kept still."""
    with connection.cursor() as cursor:
        cursor.execute(_ONE, [number])
        row = cursor.fetchone()
    return _received(row) if row else None


def behind(subscribers: list[Subscriber]) -> list[str]:
    """Which of these have something to do: events behind their cursor, or a parked one that is due."""
    with connection.cursor() as cursor:
        cursor.execute(_BEHIND, [[each.name for each in subscribers]])
        return [name for (name,) in cursor.fetchall()]


@dataclass(frozen=True, slots=True)
class Standing:
    """How the relay stands. `unnumbered` counts committed events without a number."""

    unnumbered: int
    waiting: int
    dead: int


def standing() -> Standing:
    """How much waits, and what died; for the operator's page and for monitoring."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT (SELECT count(*) FROM outbox_event e
                    WHERE NOT EXISTS (SELECT FROM outbox_number n WHERE n.event_id = e.id)),
                   count(*) FILTER (WHERE state <> 'dead'), count(*) FILTER (WHERE state = 'dead')
            FROM outbox_parked
            """
        )
        return Standing(*cursor.fetchone())


def _received(row: tuple[Any, ...]) -> Received:
    number, version, key, topic, kind, subject_id, merchant_id, book, payload, created_at = row
    return Received(
        number=number,
        version=version,
        id=key,
        topic=topic,
        subject=(kind, UUID(str(subject_id))),
        merchant_id=merchant_id,
        book=Book(book),
        payload=orjson.loads(payload),
        created_at=created_at,
    )
