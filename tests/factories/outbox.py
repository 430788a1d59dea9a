"""Events for tests."""

import factory

from kernel import ids
from kernel.books import Book
from outbox import Event


class EventFactory(factory.Factory):
    """An event that is not written yet."""

    class Meta:
        model = Event

    topic = "thing.happened"
    subject = factory.LazyFunction(lambda: ("thing", ids.new()))
    merchant_id = factory.LazyFunction(ids.new)
    book = Book.LIVE
    payload = factory.Sequence(lambda number: {"amount": number})
