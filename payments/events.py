"""What the sale tells the rest of the house. Payloads hold ids, states and figures; never a person's data.

Orders and refunds are the public objects: each change of their state is one event. Attempts are part of their
order and speak only where the order does not. Exactly one `order.paid` is written for a paid order, ever.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import webhooks
from kernel import ids
from kernel.books import Book
from kernel.errors import said
from outbox import Event
from webhooks import Topic

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
ORDER_REFUND_RETURNED = "order.refund_returned"
ORDER_REVOKED = "order.revoked"
ORDER_LINKS_ASKED = "order.links_asked"
PAYMENT_SURPLUS = "payment.surplus"
REFUND_REQUESTED = "refund.requested"
REFUND_SENT = "refund.sent"
REFUND_UNKNOWN = "refund.unknown"
REFUND_SUCCEEDED = "refund.succeeded"
REFUND_FAILED = "refund.failed"
REFUND_RETRIED = "refund.retried"

DISPUTE_CREATED = "dispute.created"
DISPUTE_UPDATED = "dispute.updated"
DISPUTE_CLOSED = "dispute.closed"
DISPUTE_FUNDS_WITHDRAWN = "dispute.funds_withdrawn"
DISPUTE_FUNDS_REINSTATED = "dispute.funds_reinstated"


def of_order(topic: str, order_id: UUID, merchant_id: UUID, book: str, **facts: Any) -> Event:
    """Something that happened to an order. Events of an order are told in the order of their writing."""
    payload = {"order": ids.encode("ord", order_id), **facts}
    return Event(topic, ("order", order_id), merchant_id, Book(book), payload)


def of_refund(topic: str, refund_id: UUID, merchant_id: UUID, book: str, facts: Mapping[str, Any]) -> Event:
    """Something that happened to a refund."""
    payload = {"refund": ids.encode("rfd", refund_id), **facts}
    return Event(topic, ("refund", refund_id), merchant_id, Book(book), payload)


def of_dispute(topic: str, dispute_id: UUID, merchant_id: UUID, book: str, facts: Mapping[str, Any]) -> Event:
    """Something that happened to a dispute."""
    payload = {"dispute": ids.encode("dsp", dispute_id), **facts}
    return Event(topic, ("dispute", dispute_id), merchant_id, Book(book), payload)


# The public ones, and what their `data` holds. Amounts are in minor units of the currency.
_ORDER = {"order": said("The order.")}
_REFUND = {
    "refund": said("The refund."),
    "order": said("The order."),
    "payment": said("The payment it goes back from."),
    "amount": said("How much, in minor units."),
    "currency": said("The currency, by ISO 4217."),
    "kind": said("Who asked for it: voluntary, surplus or rejected."),
}
_DISPUTE = {
    "dispute": said("The dispute."),
    "order": said("The order."),
    "payment": said("The payment that is disputed."),
    "amount": said("How much, in minor units."),
    "currency": said("The currency, by ISO 4217."),
    "reason": said("The reason that the buyer's bank gives, in the channel's word."),
    "state": said("How the dispute stands."),
    "evidence_due_by": said("Until when the channel takes evidence; null: it takes none."),
}
_SALE = {
    **_ORDER,
    "payment": said("The payment."),
    "quantity": said("How many keys."),
    "amount": said("How much, in minor units."),
    "currency": said("The currency, by ISO 4217."),
    "method": said("The payment method."),
}
_DISCOUNT = {"discount": said("How much coupons took off, in minor units.")}
_DELIVERY = {
    **_SALE,
    **_DISCOUNT,
    "fulfilment": said("How the delivery stands."),
    "late": said("Whether it was paid late."),
}

webhooks.publish(
    Topic(
        ORDER_PLACED,
        said("An order was placed."),
        {**_SALE, **_DISCOUNT, "product": said("The product.")},
    ),
    Topic(ORDER_PROCESSING, said("The buyer has paid; the channel is confirming it."), _ORDER),
    Topic(ORDER_PAID, said("The money has arrived. Comes once for each order."), _DELIVERY),
    Topic(ORDER_HELD, said("A paid order waits for a person to look at it."), _DELIVERY),
    Topic(ORDER_DELIVERED, said("The buyer can see the goods."), _DELIVERY),
    Topic(ORDER_DELIVERY_FAILED, said("An order is paid and could not be delivered."), _DELIVERY),
    Topic(ORDER_EXPIRED, said("The time to pay is over."), _ORDER),
    Topic(ORDER_CANCELLED, said("The order was cancelled before it was paid."), _ORDER),
    Topic(
        ORDER_EXTENDED,
        said("The buyer got more time to pay."),
        {**_ORDER, "extensions": said("How often so far.")},
    ),
    Topic(
        ORDER_REFUNDED,
        said("Money of the order went back, in part or all of it."),
        {
            **_ORDER,
            "refunded": said("How much in all went back, in minor units."),
            "amount": said("How much, in minor units."),
            "currency": said("The currency, by ISO 4217."),
        },
    ),
    Topic(
        ORDER_REFUND_RETURNED,
        said("A refund that was done failed behind it; the money is back in the balance."),
        {
            **_ORDER,
            "refunded": said("How much in all went back, in minor units."),
            "amount": said("How much, in minor units."),
            "currency": said("The currency, by ISO 4217."),
        },
    ),
    Topic(ORDER_REVOKED, said("A held order was refused; its money goes back."), _DELIVERY),
    Topic(PAYMENT_SURPLUS, said("Money came that no order needs; it goes back by itself."), _SALE),
    Topic(REFUND_REQUESTED, said("A refund was booked; the money is set aside."), _REFUND),
    Topic(REFUND_SENT, said("The channel has taken the refund on."), _REFUND),
    Topic(REFUND_UNKNOWN, said("The channel has not said how the refund stands; it is asked."), _REFUND),
    Topic(REFUND_SUCCEEDED, said("The money is with the buyer's institution."), _REFUND),
    Topic(REFUND_FAILED, said("The channel refused the refund; the money is back in the balance."), _REFUND),
    Topic(REFUND_RETRIED, said("A refund that failed is tried again; the money is set aside."), _REFUND),
    Topic(DISPUTE_CREATED, said("A buyer's bank disputes a payment, or asks about it."), _DISPUTE),
    Topic(DISPUTE_UPDATED, said("A dispute has moved on."), _DISPUTE),
    Topic(DISPUTE_CLOSED, said("A dispute is decided."), _DISPUTE),
    Topic(DISPUTE_FUNDS_WITHDRAWN, said("The channel took the disputed money."), _DISPUTE),
    Topic(DISPUTE_FUNDS_REINSTATED, said("The channel gave the disputed money back."), _DISPUTE),
)
