"""Handing events over: at least once, in order per subject, and nobody waits for another's trouble."""

from dataclasses import dataclass, field
from datetime import timedelta

import psycopg
import pytest
import time_machine
from django.db import connection

import outbox
from kernel import clock, ids
from outbox import queries, relay
from outbox.invariants import INVARIANTS
from outbox.models import Cursor, Parked
from outbox.services import cursors, deliveries
from outbox.subscribers import Subscriber
from tests.factories.outbox import EventFactory

pytestmark = pytest.mark.django_db(transaction=True)


class Refused(Exception):
    """What a handler raises here."""


@dataclass
class Reader:
    """A subscriber that writes down what it gets, and refuses some events for a while."""

    refused: set = field(default_factory=set)
    got: list = field(default_factory=list)
    asked: list = field(default_factory=list)

    def __call__(self, event):
        self.asked.append(event.id)
        if event.id in self.refused:
            raise Refused("a text that may hold secrets")
        self.got.append(event.id)


@pytest.fixture
def reader():
    return Reader()


@pytest.fixture
def subscriber(reader):
    made = Subscriber("reader", frozenset({"thing.happened"}), reader)
    cursors.begin([made.name])
    return made


def emit(*events):
    outbox.emit(events)
    relay.number()


def keys(events):
    return [event.id for event in events]


def broken():
    """The codes of the invariants that do not hold."""
    with connection.cursor() as cursor:
        return [code for code, _, sql in INVARIANTS if (cursor.execute(sql), cursor.fetchall())[1]]


def later(pause):
    return time_machine.travel(clock.now() + pause, tick=False)


def test_a_subscriber_gets_every_event_of_its_topics_in_order(subscriber, reader):
    events = EventFactory.build_batch(5)
    emit(*events, EventFactory(topic="other.topic"))
    assert deliveries.deliver(subscriber) == 5
    assert reader.got == keys(events)


def test_an_event_that_was_handled_does_not_come_again(subscriber, reader):
    emit(EventFactory())
    deliveries.deliver(subscriber)
    assert deliveries.deliver(subscriber) == 0
    assert len(reader.got) == 1


def test_the_handler_learns_everything_about_the_event(subscriber):
    seen = []
    subject = ("order", ids.new())
    said = EventFactory.build_batch(2, subject=subject)
    emit(*said)
    deliveries.deliver(Subscriber("reader", subscriber.topics, seen.append))
    assert [(event.number, event.version, event.subject) for event in seen] == [
        (1, 1, subject),
        (2, 2, subject),
    ]
    assert [event.payload for event in seen] == [event.payload for event in said]
    assert [event.merchant_id for event in seen] == [event.merchant_id for event in said]


def test_the_handler_runs_in_no_transaction(subscriber):
    inside = []
    emit(EventFactory())
    deliveries.deliver(
        Subscriber("reader", subscriber.topics, lambda _: inside.append(connection.in_atomic_block))
    )
    assert inside == [False]


def test_a_new_subscriber_hears_of_what_comes_after_it():
    emit(EventFactory())
    late = Reader()
    cursors.begin(["late"])
    event = EventFactory()
    emit(event)
    deliveries.deliver(Subscriber("late", frozenset({"thing.happened"}), late))
    assert late.got == [event.id]


def test_beginning_again_moves_no_cursor(subscriber):
    emit(EventFactory())
    cursors.begin([subscriber.name])
    assert Cursor.objects.get(pk=subscriber.name).number == 0


def test_a_failing_event_does_not_keep_others_from_theirs(subscriber, reader):
    events = EventFactory.build_batch(5)
    reader.refused = {events[1].id}
    emit(*events)
    deliveries.deliver(subscriber)
    assert reader.got == keys([events[0], *events[2:]])


def test_later_events_of_its_subject_wait_behind_a_failing_one(subscriber, reader):
    subject = ("order", ids.new())
    events = EventFactory.build_batch(3, subject=subject)
    reader.refused = {events[0].id}
    emit(*events[:2])
    deliveries.deliver(subscriber)
    emit(events[2])
    deliveries.deliver(subscriber)
    assert reader.asked == [events[0].id]
    assert broken() == []


def test_once_it_is_handled_the_rest_of_its_subject_follows_in_order(subscriber, reader):
    events = EventFactory.build_batch(3, subject=("order", ids.new()))
    reader.refused = {events[0].id}
    emit(*events)
    deliveries.deliver(subscriber)
    reader.refused = set()
    with later(deliveries.PAUSES[0]):
        deliveries.deliver(subscriber)
    assert reader.got == keys(events)
    assert not Parked.objects.exists()


def test_a_failed_event_is_not_tried_before_its_pause_is_over(subscriber, reader):
    event = EventFactory()
    reader.refused = {event.id}
    emit(event)
    deliveries.deliver(subscriber)
    with later(deliveries.PAUSES[0] - timedelta(seconds=1)):
        deliveries.deliver(subscriber)
    assert reader.asked == [event.id]


def exhaust(subscriber):
    """Let time pass until every attempt was made; the moment of the last."""
    with time_machine.travel(clock.now(), tick=False) as travel:
        for pause in deliveries.PAUSES:
            deliveries.deliver(subscriber)
            travel.shift(pause)
        deliveries.deliver(subscriber)
        return clock.now()


def test_after_the_last_attempt_an_event_is_dead(subscriber, reader):
    event = EventFactory()
    reader.refused = {event.id}
    emit(event)
    exhaust(subscriber)
    dead = Parked.objects.get()
    assert (dead.state, dead.event_id, dead.error) == ("dead", event.id, "Refused")
    assert len(reader.asked) == len(deliveries.PAUSES) + 1


def test_a_dead_event_lets_its_subject_go_on(subscriber, reader):
    events = EventFactory.build_batch(3, subject=("order", ids.new()))
    reader.refused = {events[0].id}
    emit(*events)
    with time_machine.travel(exhaust(subscriber), tick=False):
        deliveries.deliver(subscriber)
    assert reader.got == keys(events[1:])
    assert broken() == []


def test_a_dead_event_can_be_tried_again(subscriber, reader):
    event = EventFactory()
    reader.refused = {event.id}
    emit(event)
    with time_machine.travel(exhaust(subscriber), tick=False):
        reader.refused = set()
        deliveries.retry(Parked.objects.get())
        deliveries.deliver(subscriber)
    assert reader.got == [event.id]
    assert not Parked.objects.exists()


def test_what_a_handler_said_when_it_failed_is_not_kept(subscriber, reader):
    event = EventFactory()
    reader.refused = {event.id}
    emit(event)
    deliveries.deliver(subscriber)
    assert Parked.objects.get().error == "Refused"


def test_two_subscribers_do_not_wait_for_each_other(subscriber, reader):
    other = Reader()
    cursors.begin(["other"])
    event = EventFactory()
    reader.refused = {event.id}
    emit(event)
    deliveries.deliver(subscriber)
    deliveries.deliver(Subscriber("other", subscriber.topics, other))
    assert other.got == [event.id]


def test_a_crash_in_a_handler_repeats_that_event_and_no_other(subscriber):
    class Killed(BaseException):
        """Ends the process, as far as this code can tell."""

    first, second = EventFactory.build_batch(2)
    asked = []

    def die_once(event):
        asked.append(event.id)
        if asked == [first.id, second.id]:
            raise Killed

    emit(first, second)
    dying = Subscriber("reader", subscriber.topics, die_once)
    with pytest.raises(Killed):
        deliveries.deliver(dying)
    deliveries.deliver(dying)
    assert asked == [first.id, second.id, second.id]


def test_another_process_that_delivers_is_left_alone(subscriber, reader, database_url):
    emit(EventFactory())
    lock = "hashtextextended('outbox.deliver:reader', 0)"
    with psycopg.connect(database_url) as other:
        other.execute(f"SELECT pg_advisory_lock({lock})")
        assert deliveries.deliver(subscriber) == 0
        # A closed connection gives its locks back a little later, in its own time.
        other.execute(f"SELECT pg_advisory_unlock({lock})")
    assert deliveries.deliver(subscriber) == 1


def test_a_delivery_stops_when_its_time_is_spent(subscriber, reader):
    emit(*EventFactory.build_batch(3))
    assert deliveries.deliver(subscriber, budget=timedelta(0)) == 0
    assert deliveries.deliver(subscriber) == 3


def test_a_delivery_takes_no_more_than_its_limit(subscriber, reader):
    events = EventFactory.build_batch(5)
    emit(*events)
    deliveries.deliver(subscriber, limit=2)
    assert reader.got == keys(events[:2])


def test_events_of_other_topics_move_the_cursor(subscriber):
    emit(*EventFactory.build_batch(3, topic="other.topic"))
    deliveries.deliver(subscriber)
    assert Cursor.objects.get(pk=subscriber.name).number == 3


def test_who_has_nothing_to_do_is_not_behind(subscriber):
    assert queries.behind([subscriber]) == []


def test_who_has_events_ahead_is_behind(subscriber):
    emit(EventFactory())
    assert queries.behind([subscriber]) == ["reader"]


def test_who_has_a_parked_event_that_is_due_is_behind(subscriber, reader):
    event = EventFactory()
    reader.refused = {event.id}
    emit(event)
    deliveries.deliver(subscriber)
    assert queries.behind([subscriber]) == []
    Parked.objects.update(next_try_at=clock.now() - timedelta(seconds=1))
    assert queries.behind([subscriber]) == ["reader"]


def test_the_standing_counts_what_waits_and_what_died(subscriber, reader):
    events = EventFactory.build_batch(2, subject=("order", ids.new()))
    reader.refused = {events[0].id}
    emit(*events)
    deliveries.deliver(subscriber)
    outbox.emit([EventFactory()])
    assert queries.standing() == queries.Standing(unnumbered=1, waiting=2, dead=0)
