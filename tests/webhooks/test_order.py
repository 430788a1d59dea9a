"""Every event to every endpoint that wants it, in order per object, and nobody waits for another."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection

from kernel import clock, ids
from kernel.books import Book
from outbox import subscribers
from outbox.models import Event
from tests.factories import webhooks as make
from tests.webhooks.sink import Sink, in_turn, status
from webhooks import bodies, schedule
from webhooks.invariants import INVARIANTS
from webhooks.models import Attempt, Delivery, Endpoint, Lane, PublicEvent
from webhooks.services import claims, fanout, outcomes, sender
from webhooks.services.calls import Outcome
from webhooks.services.claims import Job

pytestmark = pytest.mark.django_db


def later(pause):
    return time_machine.travel(clock.now() + pause, tick=False)


def names(heard):
    return [one.headers["webhook-id"] for one in heard]


def keys(*events):
    return [ids.encode("evt", event.id) for event in events]


def broken():
    with connection.cursor() as cursor:
        return [code for code, _, sql in INVARIANTS if (cursor.execute(sql), cursor.fetchall())[1]]


def received(event):
    return subscribers.Received(
        *(1, 1, event.id, event.topic, event.subject, event.merchant_id, event.book, dict(event.payload)),
        clock.now(),
    )


@pytest.mark.parametrize(
    ("filters", "hears"),
    [(["order.paid"], 1), (["order.*"], 2), (["*"], 3), (["refund.*", "order.placed"], 2)],
)
def test_an_endpoint_hears_what_its_filters_let_through(sink: Sink, filters, hears):
    endpoint = make.endpoint(sink.url(), filters)
    make.told(*(make.event(endpoint, topic) for topic in ("order.placed", "order.paid", "refund.sent")))
    assert len(sink.heard) == hears
    assert broken() == []


def test_another_merchants_events_are_not_heard(endpoint: Endpoint, sink: Sink):
    make.told(make.event(ids.new()))
    assert sink.heard == []


def test_the_other_books_events_are_not_heard(endpoint: Endpoint, sink: Sink):
    said = make.event(endpoint)
    make.told(type(said)(said.topic, said.subject, said.merchant_id, Book.SANDBOX, said.payload))
    assert sink.heard == []


def test_every_endpoint_gets_its_own(sink: Sink):
    first = make.endpoint(sink.url("/one"))
    make.endpoint(sink.url("/two"), merchant_id=first.merchant_id)
    make.told(make.event(first))
    assert names(sink.at("/one")) == names(sink.at("/two"))


def test_an_event_that_is_handed_over_twice_is_sent_once(endpoint: Endpoint, sink: Sink):
    event = received(make.event(endpoint))
    event = subscribers.Received(**{**vars_of(event), "number": endpoint.since_number + 1})
    assert (fanout.take(event), fanout.take(event)) == (1, 0)
    sender.run(threads=4)
    fanout.take(event)
    sender.run(threads=4)
    assert len(sink.heard) == 1


def vars_of(event):
    return {name: getattr(event, name) for name in event.__slots__}


def test_fanning_out_is_one_statement(endpoint: Endpoint, django_assert_num_queries):
    make.endpoint(endpoint.url, merchant_id=endpoint.merchant_id)
    event = received(make.event(endpoint))
    event = subscribers.Received(**{**vars_of(event), "number": endpoint.since_number + 1})
    with django_assert_num_queries(1):
        fanout.take(event)
    assert Delivery.objects.count() == 2


def test_a_deliverys_name_is_the_same_in_python_and_in_the_database(endpoint: Endpoint):
    make.tell(make.event(endpoint))
    delivery = Delivery.objects.get()
    assert delivery.pk == bodies.delivery_id(delivery.event_id, endpoint.pk)
    assert (delivery.pk.version, delivery.pk.variant) == (7, "specified in RFC 4122")


def test_events_of_an_object_come_in_their_order_with_growing_versions(endpoint: Endpoint, sink: Sink):
    subject = ids.new()
    topics = ("order.placed", "order.processing", "order.paid", "order.delivered")
    events = [make.event(endpoint, topic, subject) for topic in topics]
    make.told(*events)
    assert names(sink.heard) == keys(*events)
    assert [one.json["object_version"] for one in sink.heard] == [1, 2, 3, 4]


def test_the_next_event_of_an_object_waits_behind_one_that_fails(endpoint: Endpoint, sink: Sink):
    subject = ids.new()
    sink.answers["/hook"] = in_turn(status(500), status(200))
    first, second, other = make.event(endpoint, subject=subject), make.event(endpoint, subject=subject), None
    make.told(first, second)
    assert names(sink.heard) == keys(first)
    other = make.event(endpoint)
    make.told(other)
    assert names(sink.heard) == keys(first, other)
    assert broken() == []
    with later(timedelta(seconds=7)):
        sender.run(threads=4)
    assert names(sink.heard) == keys(first, other, first, second)


def test_the_lane_of_an_object_goes_away_when_it_is_empty(endpoint: Endpoint, sink: Sink):
    make.told(make.event(endpoint), make.event(endpoint))
    assert not Lane.objects.exists()


def test_a_failed_attempt_is_not_repeated_before_its_pause_is_over(endpoint: Endpoint, sink: Sink):
    sink.answers["/hook"] = status(500)
    make.told(make.event(endpoint))
    with later(timedelta(seconds=4)):
        sender.run(threads=4)
    assert len(sink.heard) == 1
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.attempts, delivery.status) == ("pending", 1, 500)


def exhaust():
    """Let time pass until everything was tried as often as it is."""
    with time_machine.travel(clock.now(), tick=False) as travel:
        for pause in schedule.PAUSES:
            sender.run(threads=4)
            travel.shift(pause * 1.2 + timedelta(seconds=1))
        sender.run(threads=4)


def test_after_ten_attempts_a_delivery_is_dead_and_its_object_goes_on(endpoint: Endpoint, sink: Sink):
    subject = ids.new()
    first, second = make.event(endpoint, subject=subject), make.event(endpoint, subject=subject)
    sink.answers["/hook"] = in_turn(*[status(500)] * 10, status(200))
    make.tell(first, second)
    exhaust()
    assert names(sink.heard) == keys(*[first] * 10, second)
    assert list(Delivery.objects.order_by("number").values_list("state", flat=True)) == ["dead", "delivered"]
    assert Attempt.objects.count() == 11


def test_the_first_delivery_that_dies_is_told_once(endpoint: Endpoint, sink: Sink):
    sink.answers["/hook"] = status(500)
    make.tell(make.event(endpoint), make.event(endpoint))
    exhaust()
    told = Event.objects.filter(topic="webhook.endpoint_failing")
    assert [event.subject_id for event in told] == [endpoint.pk]


def test_a_slow_down_holds_the_whole_endpoint(endpoint: Endpoint, sink: Sink):
    sink.answers["/hook"] = in_turn(status(429, Retry_After="600"), status(200))
    make.told(make.event(endpoint))
    make.told(make.event(endpoint))
    assert len(sink.heard) == 1
    with later(timedelta(seconds=599)):
        sender.run(threads=4)
    assert len(sink.heard) == 1
    assert broken() == []
    with later(timedelta(seconds=601)):
        sender.run(threads=4)
    assert len(sink.heard) == 3


def test_a_redirect_is_a_failure_and_is_not_followed(endpoint: Endpoint, sink: Sink):
    sink.answers["/hook"] = status(302, Location=sink.url("/elsewhere"))
    make.told(make.event(endpoint))
    assert sink.at("/elsewhere") == []
    assert Delivery.objects.get().status == 302


def test_an_address_that_has_become_private_is_refused_when_it_is_called(
    endpoint: Endpoint, sink: Sink, settings
):
    settings.KEYWAY_OUTGOING_ALLOW = ()
    make.told(make.event(endpoint))
    assert sink.heard == []
    assert Delivery.objects.get().error == "web.address_refused"


def test_what_a_dead_sender_had_taken_is_due_again_after_its_lease(endpoint: Endpoint, sink: Sink):
    make.tell(make.event(endpoint))
    [job] = claims.take(quick=4, slow=4)
    assert claims.take(quick=4, slow=4) == []
    assert sender.run(threads=4) == 0
    with later(claims.LEASE + timedelta(seconds=1)):
        assert sender.run(threads=4) == 1
    assert names(sink.heard) == [job.event_key]


def answered(job: Job, code: int) -> None:
    outcomes.conclude(job, Outcome(clock.now(), timedelta(seconds=1), status=code))


def test_a_late_failure_does_not_undo_what_another_sender_is_doing(endpoint: Endpoint):
    make.tell(make.event(endpoint))
    [late] = claims.take(quick=4, slow=4)
    with later(claims.LEASE + timedelta(seconds=1)):
        [again] = claims.take(quick=4, slow=4)
        answered(late, 500)
        assert Lane.objects.get().claimed_until == again.lease
        answered(again, 200)
    assert Delivery.objects.get().state == "delivered"
    assert broken() == []


def test_one_lane_is_never_claimed_twice(endpoint: Endpoint):
    subject = ids.new()
    make.tell(*(make.event(endpoint, subject=subject) for _ in range(3)))
    assert len(claims.take(quick=4, slow=4)) == 1
    assert claims.take(quick=4, slow=4) == []


@pytest.mark.parametrize(
    ("facts", "most"),
    [
        ({"is_slow": False}, claims.AT_ONCE),
        ({"is_slow": True}, claims.AT_ONCE_SLOW),
        ({"failing_since": clock.now()}, claims.AT_ONCE_FAILING),
    ],
)
def test_an_endpoint_gets_only_a_few_requests_side_by_side(endpoint: Endpoint, facts, most):
    Endpoint.objects.filter(pk=endpoint.pk).update(**facts)
    make.tell(*(make.event(endpoint) for _ in range(10)))
    assert len(claims.take(quick=16, slow=16)) == most
    assert claims.take(quick=16, slow=16) == []


def test_slow_endpoints_leave_room_for_the_others(endpoint: Endpoint):
    quick = make.endpoint(endpoint.url)
    Endpoint.objects.filter(pk=quick.pk).update(is_slow=False)
    for slow in [endpoint, *(make.endpoint(endpoint.url) for _ in range(5))]:
        make.tell(*(make.event(slow) for _ in range(4)))
    make.tell(*(make.event(quick) for _ in range(4)))
    jobs = claims.take(quick=8, slow=4)
    assert sum(job.endpoint_id == quick.pk for job in jobs) == 4
    assert sum(job.is_weak for job in jobs) == 4


def test_what_was_told_is_never_rewritten(endpoint: Endpoint):
    from django.db import DatabaseError, transaction

    make.told(make.event(endpoint))
    for change in (
        lambda: PublicEvent.objects.update(body="{}"),
        lambda: Attempt.objects.update(status=200),
        lambda: Delivery.objects.update(number=7),
    ):
        with pytest.raises(DatabaseError, match="not rewritten"), transaction.atomic():
            change()


def test_an_event_is_smaller_than_twenty_thousand_bytes(endpoint: Endpoint):
    from django.db import IntegrityError, transaction

    with pytest.raises(IntegrityError, match="webhooks_event_size"), transaction.atomic():
        fanout.take(received(make.event(endpoint, "order.paid", currency="x" * 20_000)))
