"""Writing events."""

import pytest
from django.db import DatabaseError, connection, transaction

import outbox
from kernel import ids
from kernel.books import Book
from outbox.models import Event
from tests.factories.outbox import EventFactory
from tests.statements import inserts_into

pytestmark = pytest.mark.django_db


def test_an_event_is_kept_as_it_was_said():
    said = outbox.Event(
        "order.paid", ("order", ids.new()), ids.new(), Book.SANDBOX, {"amount": 990, "order": ids.new()}
    )
    outbox.emit([said])
    kept = Event.objects.get()
    assert (kept.id, kept.topic, kept.merchant_id, kept.book) == (
        said.id,
        "order.paid",
        said.merchant_id,
        "sandbox",
    )
    assert (kept.subject_kind, kept.subject_id) == said.subject
    assert kept.payload == {"amount": 990, "order": str(said.payload["order"])}


def test_many_events_are_one_statement():
    with inserts_into("outbox_event") as inserts:
        outbox.emit(EventFactory.build_batch(50))
    assert (Event.objects.count(), inserts.count) == (50, 1)


def test_no_events_are_no_statement():
    with inserts_into("outbox_event") as inserts:
        outbox.emit([])
    assert inserts.count == 0


def test_an_event_vanishes_with_what_it_told_of():
    with pytest.raises(RuntimeError), transaction.atomic():
        outbox.emit([EventFactory()])
        raise RuntimeError
    assert not Event.objects.exists()


def test_an_event_is_never_rewritten():
    outbox.emit([EventFactory()])
    with pytest.raises(DatabaseError, match="not rewritten"), transaction.atomic():
        Event.objects.update(payload={})


def test_events_of_one_call_are_written_in_their_order():
    events = EventFactory.build_batch(200)
    outbox.emit(events)
    written = Event.objects.order_by("created_at", "id").values_list("id", flat=True)
    assert list(written) == [event.id for event in events]


def test_the_number_table_is_never_rewritten():
    from outbox import relay

    outbox.emit([EventFactory()])
    relay.number()
    with (
        pytest.raises(DatabaseError, match="not rewritten"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("UPDATE outbox_number SET number = 2")
