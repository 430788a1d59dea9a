"""Numbers are given after the commit, without a gap, and to everybody."""

import json
from threading import Barrier, Thread

import psycopg
import pytest
from django.db import connection, transaction

import outbox
from kernel import ids
from outbox import queries, relay
from outbox.invariants import INVARIANTS
from outbox.models import Event, Number
from tests.factories.outbox import EventFactory

pytestmark = pytest.mark.django_db(transaction=True)

TOPICS = frozenset({"thing.happened"})


def numbered():
    """The ids of numbered events, in the order of their numbers."""
    return list(Number.objects.order_by("number").values_list("event_id", flat=True))


def broken():
    """The codes of the invariants that do not hold."""
    with connection.cursor() as cursor:
        return [code for code, _, sql in INVARIANTS if (cursor.execute(sql), cursor.fetchall())[1]]


def write(other, event):
    """Emit on a connection that is not Django's, without a commit."""
    other.execute(
        "INSERT INTO outbox_event (id, topic, subject_kind, subject_id, merchant_id, book, payload)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s::jsonb)",
        [event.id, event.topic, *event.subject, event.merchant_id, event.book, json.dumps(event.payload)],
    )


def test_numbers_begin_at_one_and_have_no_gap():
    outbox.emit(EventFactory.build_batch(3))
    assert relay.number() == 3
    assert list(Number.objects.order_by("number").values_list("number", flat=True)) == [1, 2, 3]


def test_an_event_gets_one_number():
    outbox.emit([EventFactory()])
    assert [relay.number(), relay.number()] == [1, 0]


def test_numbers_follow_the_order_of_writing():
    events = EventFactory.build_batch(5)
    for event in events:
        outbox.emit([event])
    relay.number()
    assert numbered() == [event.id for event in events]


def test_a_limit_leaves_the_rest_for_the_next_time():
    events = EventFactory.build_batch(5)
    outbox.emit(events)
    assert [relay.number(2), relay.number(2), relay.number(2), relay.number(2)] == [2, 2, 1, 0]
    assert numbered() == [event.id for event in events]
    assert broken() == []


def test_an_event_that_is_not_committed_gets_no_number(database_url):
    with psycopg.connect(database_url) as other:
        write(other, EventFactory())
        assert relay.number() == 0
        other.rollback()
    assert relay.number() == 0


def test_an_event_that_commits_late_is_numbered_last_and_found_by_every_reader(database_url):
    late, *prompt = EventFactory.build_batch(3)
    with psycopg.connect(database_url) as other:
        write(other, late)
        outbox.emit(prompt)
        relay.number()
        read = queries.after(0, TOPICS, 100)
        assert [event.id for event in read] == [event.id for event in prompt]
        other.commit()
    relay.number()
    # By id and by time it lies behind what the reader has read: a cursor over either would miss it.
    first = Event.objects.order_by("id").first()
    assert first.id == late.id == Event.objects.order_by("created_at").first().id
    assert [event.id for event in queries.after(read[-1].number, TOPICS, 100)] == [late.id]


def test_a_long_transaction_elsewhere_holds_nothing_back(database_url):
    with psycopg.connect(database_url) as other:
        write(other, EventFactory())
        for _ in range(3):
            outbox.emit([EventFactory()])
            assert relay.number() == 1
        other.commit()
    assert relay.number() == 1
    assert broken() == []


def test_events_of_one_subject_are_counted_without_a_gap():
    subject = ("order", ids.new())
    for _ in range(2):
        outbox.emit([EventFactory(subject=subject), EventFactory(), EventFactory(subject=subject)])
        relay.number()
    versions = (
        Number.objects.filter(subject_id=subject[1]).order_by("number").values_list("version", flat=True)
    )
    assert list(versions) == [1, 2, 3, 4]
    assert broken() == []


def test_a_subjects_second_event_never_precedes_its_first_whatever_began_earlier(database_url):
    """The transaction that began first writes second: it waits for the lock on the subject."""
    subject = ("order", ids.new())
    first, second = EventFactory.build_batch(2, subject=subject)
    with psycopg.connect(database_url) as early, psycopg.connect(database_url) as third:
        early.execute("SELECT pg_current_xact_id()")
        outbox.emit([first])
        write(third, EventFactory())
        write(early, second)
        early.commit()
        relay.number()
        third.commit()
    assert numbered() == [first.id, second.id]


def test_only_one_relay_numbers_at_a_time(database_url):
    outbox.emit([EventFactory()])
    with psycopg.connect(database_url) as other:
        other.execute("SELECT pg_advisory_xact_lock(hashtextextended('outbox.relay', 0))")
        assert relay.number() == 0
    assert relay.number() == 1


def test_writers_and_relays_that_race_leave_no_event_out():
    writers, relays, each = 6, 3, 25
    subjects = [("order", ids.new()) for _ in range(writers)]
    barrier, over = Barrier(writers + relays), []

    def write_some(subject):
        try:
            barrier.wait()
            for turn in range(each):
                with transaction.atomic():
                    outbox.emit([EventFactory(subject=subject, payload={"turn": turn})])
                    outbox.emit([EventFactory()])
        finally:
            over.append(subject)
            connection.close()

    def relay_until_over():
        try:
            barrier.wait()
            while len(over) < writers:
                relay.number(7)
        finally:
            connection.close()

    threads = [Thread(target=write_some, args=[subject]) for subject in subjects]
    threads += [Thread(target=relay_until_over) for _ in range(relays)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    while relay.number():
        pass
    events = queries.after(0, TOPICS, 10_000)
    assert [event.number for event in events] == list(range(1, 2 * writers * each + 1))
    for subject in subjects:
        assert [event.payload["turn"] for event in events if event.subject == subject] == list(range(each))
    assert broken() == []


def test_a_horizon_from_another_cluster_is_not_believed():
    outbox.emit([EventFactory()])
    relay.number()
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("UPDATE outbox_number SET horizon = '9000000000000000'")
        cursor.execute("SET session_replication_role = origin")
    outbox.emit([EventFactory()])
    assert relay.number() == 1


def test_the_search_begins_where_the_oldest_open_transaction_began():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
        (oldest,) = cursor.fetchone()
        outbox.emit(EventFactory.build_batch(3))
        relay.number()
        cursor.execute("SELECT min(horizon::text::bigint) FROM outbox_number")
        assert cursor.fetchone()[0] >= oldest


def test_an_event_without_a_number_is_reported_after_ten_minutes():
    outbox.emit([EventFactory()])
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("UPDATE outbox_event SET created_at = created_at - interval '11 minutes'")
        cursor.execute("SET session_replication_role = origin")
    assert broken() == ["E2.numbered"]
    relay.number()
    assert broken() == []
