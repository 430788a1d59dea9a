"""Writing events: one INSERT for any number, in the transaction of what they tell about."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson
from django.db import connection, transaction

from kernel import ids
from kernel.books import Book

from . import wake

Subject = tuple[str, UUID]

_INSERT = """
    INSERT INTO outbox_event (id, topic, subject_kind, subject_id, merchant_id, book, payload)
    VALUES """
_VALUES = "(%s, %s, %s, %s, %s, %s, %s::jsonb)"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to `subject`. `payload` holds ids and figures; readers deduplicate by `id`."""

    topic: str
    subject: Subject
    merchant_id: UUID | None
    book: Book
    payload: Mapping[str, Any]
    id: UUID = field(default_factory=ids.new)


def emit(events: Sequence[Event]) -> None:
    """Write events in the caller's transaction, by one INSERT; after the commit the relay is woken.

    Emit after the lock on the subject is held: the order of an object's events is that of their writing.
    """
    if not events:
        return
    values: list[Any] = []
    for event in events:
        payload = orjson.dumps(event.payload).decode()
        values += (event.id, event.topic, *event.subject, event.merchant_id, event.book, payload)
    with connection.cursor() as cursor:
        cursor.execute(_INSERT + ", ".join([_VALUES] * len(events)), values)
    transaction.on_commit(wake.relay)
