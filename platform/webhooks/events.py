"""What webhooks tell the rest of the house. Private: none of it is sent to an endpoint, but the ping.

`endpoint_disabled` asks for a mail and an alert, `endpoint_failing` comes once, with the first delivery that
is given up, `delivery_dead` with each.
"""

from typing import Any
from uuid import UUID

from kernel import ids
from kernel.books import Book
from outbox import Event

from .topics import PING

ENDPOINT_DISABLED = "webhook.endpoint_disabled"
ENDPOINT_FAILING = "webhook.endpoint_failing"
ENDPOINT_PING = PING
SUBJECT = "webhook_endpoint"


def of_endpoint(topic: str, endpoint_id: UUID, merchant_id: UUID, book: str, **facts: Any) -> Event:
    """Something that happened to an endpoint."""
    payload = {"endpoint": ids.encode("whe", endpoint_id), **facts}
    return Event(topic, (SUBJECT, endpoint_id), merchant_id, Book(book), payload)
