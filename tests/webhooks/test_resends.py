"""Sending again by hand: to who is on, in order, and written down."""

from datetime import timedelta

import pytest
import time_machine

from audit.models import AuditRow
from kernel import clock, ids
from tests.factories import webhooks as make
from tests.webhooks.sink import Sink, status
from tests.webhooks.test_order import broken, names
from webhooks.errors import NotEnabled, TooMuchAtOnce
from webhooks.models import Attempt, Delivery, Endpoint, Lane, PublicEvent
from webhooks.services import endpoints, resends, retention, sender
from webhooks.states import OffReason

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def dead(endpoint: Endpoint, sink: Sink) -> list[Delivery]:
    """Three deliveries that were given up when the endpoint was switched off; it is on again."""
    make.tell(*(make.event(endpoint) for _ in range(3)))
    endpoints.disable(endpoint, OffReason.MERCHANT, actor=make.MEMBER)
    endpoints.enable(endpoint, actor=make.MEMBER)
    return list(Delivery.objects.order_by("number"))


def test_one_that_was_given_up_is_sent_again(dead: list[Delivery], sink: Sink):
    resends.one(dead[1], actor=make.MEMBER)
    sender.run(threads=4)
    assert names(sink.heard) == [dead[1].event_key]
    assert broken() == []


def test_one_that_was_delivered_is_sent_again_with_the_same_bytes(endpoint: Endpoint, sink: Sink):
    make.told(make.event(endpoint))
    resends.one(Delivery.objects.get(), actor=make.MEMBER)
    sender.run(threads=4)
    assert sink.heard[0].body == sink.heard[1].body
    assert Delivery.objects.get().state == "delivered"
    assert Attempt.objects.count() == 2


def test_one_that_waits_for_its_next_try_is_tried_now(endpoint: Endpoint, sink: Sink):
    sink.answers["/hook"] = status(500)
    make.told(make.event(endpoint))
    resends.one(Delivery.objects.get(), actor=make.MEMBER)
    sender.run(threads=4)
    assert Delivery.objects.get().attempts == 2


def test_what_is_sent_again_comes_before_what_waits_behind_it(dead: list[Delivery], endpoint, sink: Sink):
    sink.answers["/hook"] = status(500)
    make.told(make.event(endpoint, subject=dead[0].subject_id))
    sink.answers["/hook"] = status(200)
    resends.one(dead[0], actor=make.MEMBER)
    sender.run(threads=4)
    after = Delivery.objects.order_by("-number")[0]
    assert names(sink.heard)[1:] == [dead[0].event_key, after.event_key]


def test_all_that_failed_is_sent_again_in_order(dead: list[Delivery], endpoint: Endpoint, sink: Sink):
    assert resends.failed(endpoint, since=clock.now() - DAY, actor=make.MEMBER) == 3
    sender.run(threads=1)
    assert sorted(names(sink.heard)) == sorted(one.event_key for one in dead)
    assert not Lane.objects.exists()


def test_what_failed_before_that_stays(dead: list[Delivery], endpoint: Endpoint):
    assert resends.failed(endpoint, since=clock.now() + DAY, actor=make.MEMBER) == 0


def test_a_replay_sends_what_happened_in_the_range_also_what_was_never_sent(endpoint: Endpoint, sink: Sink):
    make.told(make.event(endpoint))
    endpoints.disable(endpoint, OffReason.MERCHANT, actor=make.MEMBER)
    make.tell(make.event(endpoint), make.event(endpoint, "refund.sent"), make.event(ids.new()))
    endpoints.enable(endpoint, actor=make.MEMBER)
    now = clock.now()
    assert resends.replay(endpoint, since=now - DAY, until=now + DAY, actor=make.MEMBER) == 2
    sender.run(threads=4)
    assert len(sink.heard) == 3
    assert broken() == []


def test_a_replay_of_another_range_sends_nothing(dead: list[Delivery], endpoint: Endpoint):
    now = clock.now()
    assert resends.replay(endpoint, since=now + DAY, until=now + 2 * DAY, actor=make.MEMBER) == 0


def test_more_than_one_request_may_ask_for_changes_nothing(dead, endpoint: Endpoint, settings):
    many = [
        PublicEvent(
            id=ids.new(),
            merchant_id=endpoint.merchant_id,
            book="live",
            number=1_000_000 + number,
            place=1_000_000 + number,
            version=1,
            topic="order.paid",
            subject_kind="order",
            subject_id=ids.new(),
            body="{}",
            occurred_at=clock.now(),
        )
        for number in range(resends.AT_ONCE_MOST + 1)
    ]
    PublicEvent.objects.bulk_create(many, batch_size=5_000)
    now = clock.now()
    with pytest.raises(TooMuchAtOnce):
        resends.replay(endpoint, since=now - DAY, until=now + DAY, actor=make.MEMBER)
    assert Delivery.objects.count() == len(dead)


def test_nothing_is_sent_again_to_an_endpoint_that_is_off(dead: list[Delivery], endpoint: Endpoint):
    endpoints.disable(endpoint, OffReason.MERCHANT, actor=make.MEMBER)
    now = clock.now()
    with pytest.raises(NotEnabled):
        resends.one(dead[0], actor=make.MEMBER)
    with pytest.raises(NotEnabled):
        resends.failed(endpoint, since=now, actor=make.MEMBER)
    with pytest.raises(NotEnabled):
        resends.replay(endpoint, since=now, until=now, actor=make.MEMBER)


def test_who_sent_what_again_stands_in_the_trail(dead: list[Delivery], endpoint: Endpoint):
    now = clock.now()
    resends.one(dead[0], actor=make.MEMBER, reason="lost it")
    resends.failed(endpoint, since=now - DAY, actor=make.MEMBER)
    resends.replay(endpoint, since=now - DAY, until=now + DAY, actor=make.MEMBER)
    deeds = AuditRow.objects.filter(action__startswith="webhook.re").order_by("id")
    assert [(deed.action, deed.facts.get("count")) for deed in deeds] == [
        ("webhook.resent", None),
        ("webhook.resent_failed", 2),
        ("webhook.replayed", 3),
    ]


def test_what_ended_is_forgotten_after_a_month_and_events_after_three(endpoint: Endpoint, sink: Sink):
    make.told(make.event(endpoint))
    sink.answers["/hook"] = status(500)
    make.told(make.event(endpoint))
    assert retention.forget() == 0
    with time_machine.travel(clock.now() + timedelta(days=31)):
        retention.forget()
    assert (Attempt.objects.count(), PublicEvent.objects.count()) == (0, 2)
    assert list(Delivery.objects.values_list("state", flat=True)) == ["pending"]
    with time_machine.travel(clock.now() + timedelta(days=91)):
        retention.forget()
    assert PublicEvent.objects.count() == 0
