"""Public events, as the outbox hands them over."""

from itertools import count

from kernel import clock, ids
from kernel.books import Book
from merchants.models import Merchant
from outbox import Received
from webhooks.models import PublicEvent
from webhooks.services import fanout

_numbers = count(1)


def told(merchant: Merchant, topic: str = "order.paid", *, number: int = 0) -> PublicEvent:
    """An event of this merchant, kept as webhooks keep it; with a number, one that was held up."""
    order = ids.new()
    event = Received(
        number=number or next(_numbers),
        version=1,
        id=ids.new(),
        topic=topic,
        subject=("order", order),
        merchant_id=merchant.id,
        book=Book(merchant.book),
        payload={"order": ids.encode("ord", order)},
        created_at=clock.now(),
    )
    fanout.take(event)
    return PublicEvent.objects.get(pk=event.id)
