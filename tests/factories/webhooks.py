"""Endpoints, events and their way to a receiver, as the house makes them."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import outbox
from kernel import ids
from kernel.actors import Actor, ActorKind
from kernel.books import Book
from outbox import relay, subscribers
from outbox.services import cursors, deliveries
from webhooks.models import Endpoint
from webhooks.services import endpoints, sender

MEMBER = Actor(ActorKind.MEMBER, ids.new(), "203.0.113.9")


def endpoint(url: str, filters: Sequence[str] = ("order.*",), **facts: Any) -> Endpoint:
    """An endpoint of a merchant that need not exist."""
    return endpoint_with_secret(url, filters, **facts)[0]


def endpoint_with_secret(
    url: str,
    filters: Sequence[str] = ("order.*",),
    *,
    merchant_id: UUID | None = None,
    book: Book = Book.LIVE,
    description: str = "",
) -> tuple[Endpoint, str]:
    """The same, and the secret that its owner was shown."""
    return endpoints.create(
        *(merchant_id or ids.new(), book), url=url, filters=filters, description=description, actor=MEMBER
    )


def event(of: Endpoint | UUID, topic: str = "order.paid", subject: UUID | None = None, **facts: Any):
    """Something that happened to a merchant's order."""
    merchant_id = of.merchant_id if isinstance(of, Endpoint) else of
    book = Book(of.book) if isinstance(of, Endpoint) else Book.LIVE
    subject = subject or ids.new()
    payload = {"order": ids.encode("ord", subject), "amount": 990, "currency": "CNY", **facts}
    return outbox.Event(topic, ("order", subject), merchant_id, book, payload)


def tell(*events: outbox.Event) -> None:
    """Emit events, number them, and fan them out."""
    cursors.begin(["webhooks"])
    outbox.emit(events)
    relay.number()
    deliveries.deliver(subscribers.named("webhooks"))


def told(*events: outbox.Event) -> int:
    """The same, and send what is due; how many attempts."""
    tell(*events)
    return sender.run(threads=4)
