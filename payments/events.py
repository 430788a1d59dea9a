"""What the sale tells the rest of the house. Payloads hold ids, states and figures; never a person's data.

Orders and refunds are the public objects: each change of their state is one event. Attempts are part of their
order and speak only where the order does not. Exactly one `order.paid` is written for a paid order, ever.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from kernel import ids
from kernel.books import Book
from outbox import Event

ORDER_PLACED = "order.placed"
ORDER_PROCESSING = "order.processing"
ORDER_PAID = "order.paid"
ORDER_HELD = "order.held"
ORDER_DELIVERED = "order.delivered"
ORDER_DELIVERY_FAILED = "order.delivery_failed"
ORDER_EXPIRED = "order.expired"
ORDER_CANCELLED = "order.cancelled"
ORDER_EXTENDED = "order.extended"
ORDER_REFUNDED = "order.refunded"
ORDER_REVOKED = "order.revoked"
ORDER_LINKS_ASKED = "order.links_asked"
PAYMENT_SURPLUS = "payment.surplus"
REFUND_REQUESTED = "refund.requested"
REFUND_SENT = "refund.sent"
REFUND_UNKNOWN = "refund.unknown"
REFUND_SUCCEEDED = "refund.succeeded"
REFUND_FAILED = "refund.failed"
REFUND_RETRIED = "refund.retried"


def of_order(topic: str, order_id: UUID, merchant_id: UUID, book: str, **facts: Any) -> Event:
    """Something that happened to an order. Events of an order are told in the order of their writing."""
    payload = {"order": ids.encode("ord", order_id), **facts}
    return Event(topic, ("order", order_id), merchant_id, Book(book), payload)


def of_refund(topic: str, refund_id: UUID, merchant_id: UUID, book: str, facts: Mapping[str, Any]) -> Event:
    """Something that happened to a refund."""
    payload = {"refund": ids.encode("rfd", refund_id), **facts}
    return Event(topic, ("refund", refund_id), merchant_id, Book(book), payload)
