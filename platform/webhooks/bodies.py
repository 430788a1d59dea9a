"""The bytes of an event. Made once, when it is fanned out, and kept: every attempt sends the same."""

import hashlib
from typing import Any
from uuid import UUID

import orjson

from kernel import ids
from outbox import Received

from .topics import Topic

API_VERSION = "2026-11-22"


def render(event: Received, topic: Topic) -> bytes:
    """The body of a public event: the facts that its topic names, and no others."""
    body: dict[str, Any] = {
        "id": ids.encode("evt", event.id),
        "type": event.topic,
        "timestamp": event.created_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "object_version": event.version,
        "merchant": ids.encode("mer", event.merchant_id) if event.merchant_id else None,
        "book": event.book,
        "data": {name: event.payload[name] for name in topic.facts if name in event.payload},
    }
    return orjson.dumps(body)


def delivery_id(event_id: UUID, endpoint_id: UUID) -> UUID:
    """The name of a delivery: the event's time, then a hash of both. An event comes to an endpoint once."""
    drawn = hashlib.sha256(event_id.bytes + endpoint_id.bytes).hexdigest()
    return UUID(f"{event_id.hex[:12]}7{drawn[:3]}8{drawn[3:6]}{drawn[6:18]}")
