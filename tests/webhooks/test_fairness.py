"""Nobody waits for a slow receiver, and several senders do each thing once."""

import pytest

from kernel import ids
from tests.factories import webhooks as make
from tests.ledger.threads import together
from tests.webhooks.sink import Sink, dripping
from tests.webhooks.test_order import broken
from webhooks.models import Attempt, Delivery, Endpoint
from webhooks.services import claims, endpoints, sender
from webhooks.states import OffReason

EVENTS = 60


def quick_at(sink: Sink) -> Endpoint:
    """An endpoint that has shown that it answers quickly."""
    endpoint = make.endpoint(sink.url("/quick"))
    make.told(make.event(endpoint))
    sink.heard.clear()
    return endpoint


def p95(sink: Sink) -> float:
    """Seconds from the first request to the quick receiver until 95 of 100 were there."""
    times = sorted(one.at for one in sink.at("/quick"))
    assert len(times) == EVENTS
    return times[EVENTS * 95 // 100] - times[0]


@pytest.mark.django_db
def test_a_receiver_that_drips_for_ten_seconds_does_not_delay_another(sink: Sink):
    sink.answers["/slow"] = dripping
    quick, slow = quick_at(sink), make.endpoint(sink.url("/slow"))
    make.told(*(make.event(quick) for _ in range(EVENTS)))
    alone = p95(sink)
    sink.heard.clear()
    make.tell(*(make.event(slow) for _ in range(claims.AT_ONCE_SLOW)))
    make.told(*(make.event(quick) for _ in range(EVENTS)))
    # A busy machine gets half a second; a receiver that is waited for would cost ten.
    assert p95(sink) < 2 * alone + 0.5
    dripped = Attempt.objects.filter(error="web.timed_out")
    assert dripped.count() == len(sink.at("/slow")) == claims.AT_ONCE_SLOW
    assert all(9_500 < attempt.duration_ms < 11_500 for attempt in dripped)


@pytest.mark.django_db(transaction=True)
def test_senders_that_work_together_send_each_event_once_in_order_and_few_at_a_time(sink: Sink):
    endpoint = quick_at(sink)
    objects = [ids.new() for _ in range(20)]
    make.tell(*(make.event(endpoint, subject=each) for _ in range(3) for each in objects))
    assert sum(together([lambda: sender.run(threads=8)] * 3)) <= 60
    sender.run(threads=8)
    heard = [(one.json["data"]["order"], one.json["object_version"]) for one in sink.heard]
    assert len(heard) == len(set(heard)) == 60
    for each in objects:
        name = ids.encode("ord", each)
        assert [version for order, version in heard if order == name] == [1, 2, 3]
    assert sink.most_at_once["/quick"] <= claims.AT_ONCE
    assert broken() == []


@pytest.mark.django_db(transaction=True)
def test_an_endpoint_that_is_switched_off_in_the_middle_keeps_nothing_waiting(sink: Sink):
    endpoint = quick_at(sink)
    make.tell(*(make.event(endpoint) for _ in range(30)))
    events = [make.event(endpoint) for _ in range(30)]
    ended = together(
        [
            lambda: make.tell(*events),
            lambda: sender.run(threads=4),
            lambda: endpoints.disable(endpoint, OffReason.MERCHANT, actor=make.MEMBER),
        ]
    )
    assert [one for one in ended if isinstance(one, Exception)] == []
    assert not Delivery.objects.filter(state="pending").exists()
    assert broken() == []
