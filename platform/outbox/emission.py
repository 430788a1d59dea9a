"""Writing events: one INSERT for any number, in the transaction of what they tell about."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson
from django.db import transaction

from kernel import ids
from kernel.books import Book
from prepared import Statement

from . import wake

Subject = tuple[str, UUID]

_INSERT = Statement("""
    INSERT INTO outbox_event (id, topic, subject_kind, subject_id, merchant_id, book, payload)
    SELECT id, topic, subject_kind, subject_id, merchant_id, book, payload
    FROM json_to_recordset($1::json) AS e (id uuid, topic text, subject_kind text, subject_id uuid,
        merchant_id uuid, book text, payload jsonb)
""")


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
    rows = [
        {
            "id": event.id,
            "topic": event.topic,
            "subject_kind": event.subject[0],
            "subject_id": event.subject[1],
            "merchant_id": event.merchant_id,
            "book": event.book,
            "payload": event.payload,
        }
        for event in events
    ]
    _INSERT.send(orjson.dumps(rows).decode())
    transaction.on_commit(wake.relay)
