"""Endpoints: where they may lead, how many there are, when they are off."""

from datetime import timedelta

import pytest
import time_machine
from django.db import DatabaseError, IntegrityError, connection, transaction

from audit.models import AuditRow
from kernel import clock, ids
from kernel.actors import Actor, ActorKind
from kernel.books import Book
from kernel.errors import Invalid
from kernel.machine import IllegalMove
from outbox.models import Event
from tests.factories import webhooks as make
from tests.webhooks.sink import Sink, in_turn, status
from tests.webhooks.test_order import broken
from webhooks.errors import NotEnabled, TooManyEndpoints
from webhooks.models import Delivery, Endpoint, Lane, Secret
from webhooks.services import claims, endpoints, outcomes, sender
from webhooks.services.calls import Outcome
from webhooks.states import OffReason

pytestmark = pytest.mark.django_db
OPERATOR = Actor(ActorKind.OPERATOR, ids.new(), "203.0.113.4")


def later(pause):
    return time_machine.travel(clock.now() + pause, tick=False)


REFUSED = [
    "https://127.0.0.1/hook",
    "https://[::1]/hook",
    "https://0.0.0.0/hook",
    "https://10.1.2.3/hook",
    "https://169.254.169.254/latest/meta-data/",
    "https://[fd00::1]/hook",
    "https://100.64.0.1/hook",
    "https://[::ffff:127.0.0.1]/hook",
    "https://2130706433/hook",
    "https://0177.0.0.1/hook",
    "https://localhost/hook",
    "https://localhost./hook",
    "https://me:secret@example.com/hook",
    "https://8.8.8.8:22/hook",
    "https://8.8.8.8:6379/hook",
    "http://8.8.8.8/hook",
    "file:///etc/passwd",
    "gopher://8.8.8.8/hook",
    "https://münchen.example/hook",
    "https://8.8.8.8/hook#fragment",
    "hook",
    "",
]


@pytest.mark.parametrize("url", REFUSED)
def test_an_address_that_is_not_a_public_one_over_tls_is_refused_when_it_is_saved(db, url):
    with pytest.raises(Invalid) as refusal:
        make.endpoint(url)
    assert list(refusal.value.context["errors"]) == ["url"]
    assert not Endpoint.objects.exists()


def test_a_public_address_over_tls_is_taken():
    assert make.endpoint("https://8.8.8.8/hook?shop=1").host == "8.8.8.8"


def test_keyways_own_faces_are_no_receivers(settings):
    settings.KEYWAY_OUTGOING_ALLOW = ("127.0.0.1:8001",)
    settings.KEYWAY_SANDBOX_URL = "http://127.0.0.1:8001"
    with pytest.raises(Invalid):
        make.endpoint("http://127.0.0.1:8001/control/")


@pytest.mark.parametrize("filters", [[], ["order.vanished"], ["ord*"], ["webhook.ping"], ["order.*", "x"]])
def test_a_filter_is_one_of_the_catalogue(sink: Sink, filters):
    with pytest.raises(Invalid) as refusal:
        make.endpoint(sink.url(), filters)
    assert list(refusal.value.context["errors"]) == ["topics"]


def test_sixteen_endpoints_are_the_most_of_a_merchant(sink: Sink):
    merchant = ids.new()
    made = [make.endpoint(sink.url(), merchant_id=merchant) for _ in range(16)]
    with pytest.raises(TooManyEndpoints):
        make.endpoint(sink.url(), merchant_id=merchant)
    endpoints.remove(made[3], actor=make.MEMBER)
    assert make.endpoint(sink.url(), merchant_id=merchant).slot == 4


@pytest.mark.parametrize("slot", [0, 17, None, 1])
def test_the_database_counts_them_as_well(endpoint: Endpoint, slot):
    copy = Endpoint.objects.get(pk=endpoint.pk)
    copy.pk, copy.slot = ids.new(), slot
    with pytest.raises(IntegrityError), transaction.atomic():
        copy.save(force_insert=True)


def test_an_endpoint_changes_no_hands(endpoint: Endpoint):
    with pytest.raises(DatabaseError, match="changes no hands"), transaction.atomic():
        Endpoint.objects.update(merchant_id=ids.new())


def test_a_removed_endpoint_does_not_come_back(endpoint: Endpoint):
    endpoints.remove(endpoint, actor=make.MEMBER)
    assert not Secret.objects.exists()
    with pytest.raises(IllegalMove):
        endpoints.enable(endpoint, actor=make.MEMBER)
    with pytest.raises(DatabaseError, match="does not come back"), transaction.atomic():
        Endpoint.objects.update(state="enabled", slot=1)


def test_a_new_endpoint_hears_of_nothing_that_was_before_it(sink: Sink):
    merchant = ids.new()
    make.tell(make.event(merchant))
    endpoint = make.endpoint(sink.url(), merchant_id=merchant)
    make.told(make.event(endpoint))
    assert len(sink.heard) == 1
    assert broken() == []


def test_other_filters_hold_from_the_next_event_on(endpoint: Endpoint, sink: Sink):
    make.told(make.event(endpoint, "refund.sent"))
    endpoints.change(endpoint, url=sink.url("/new"), filters=["refund.*"], description="x", actor=make.MEMBER)
    make.told(make.event(endpoint, "refund.sent"), make.event(endpoint, "order.paid"))
    assert [one.path for one in sink.heard] == ["/new"]
    assert broken() == []


def test_a_disabled_endpoint_is_sent_nothing_and_what_waited_is_given_up(endpoint: Endpoint, sink: Sink):
    make.tell(make.event(endpoint))
    endpoints.disable(endpoint, OffReason.MERCHANT, actor=make.MEMBER, note="moving house")
    assert make.told(make.event(endpoint)) == 0
    assert sink.heard == []
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.error) == ("dead", "endpoint_off")
    assert not Lane.objects.exists()
    assert broken() == []


def test_an_endpoint_that_is_on_again_hears_of_what_comes(endpoint: Endpoint, sink: Sink):
    endpoints.disable(endpoint, OffReason.MERCHANT, actor=make.MEMBER)
    make.told(make.event(endpoint))
    endpoints.enable(endpoint, actor=make.MEMBER)
    make.told(make.event(endpoint))
    assert len(sink.heard) == 1
    assert broken() == []


def test_410_switches_it_off_and_tells(endpoint: Endpoint, sink: Sink):
    sink.answers["/hook"] = status(410)
    make.tell(make.event(endpoint), make.event(endpoint))
    sender.run(threads=1)
    endpoint.refresh_from_db()
    assert (endpoint.state, endpoint.off_reason, len(sink.heard)) == ("disabled", "gone", 1)
    assert set(Delivery.objects.values_list("state", flat=True)) == {"dead"}
    assert Event.objects.get(topic="webhook.endpoint_disabled").payload["reason"] == "gone"
    assert broken() == []


def failing_since(endpoint: Endpoint, days: float):
    Endpoint.objects.filter(pk=endpoint.pk).update(failing_since=clock.now() - timedelta(days=days))


def test_five_days_without_an_acknowledgement_switch_it_off(endpoint: Endpoint, sink: Sink):
    sink.answers["/hook"] = status(500)
    failing_since(endpoint, 5)
    make.told(make.event(endpoint))
    endpoint.refresh_from_db()
    assert (endpoint.state, endpoint.off_reason) == ("disabled", "failing")
    assert Delivery.objects.get().state == "dead"
    assert Event.objects.get(topic="webhook.endpoint_disabled").payload["reason"] == "failing"


def test_four_days_do_not(endpoint: Endpoint, sink: Sink):
    sink.answers["/hook"] = status(500)
    failing_since(endpoint, 4.9)
    make.told(make.event(endpoint))
    endpoint.refresh_from_db()
    assert endpoint.is_enabled


def test_one_acknowledgement_makes_good_for_all(endpoint: Endpoint, sink: Sink):
    failing_since(endpoint, 4.9)
    make.told(make.event(endpoint))
    sink.answers["/hook"] = status(500)
    make.told(make.event(endpoint))
    endpoint.refresh_from_db()
    assert clock.now() - endpoint.failing_since < timedelta(minutes=1)


def test_an_acknowledgement_that_comes_while_it_is_switched_off_counts(endpoint: Endpoint):
    make.tell(make.event(endpoint))
    [job] = claims.take(quick=1, slow=1)
    endpoints.disable(endpoint, OffReason.MERCHANT, actor=make.MEMBER)
    outcomes.conclude(job, Outcome(clock.now(), timedelta(), status=200))
    assert Delivery.objects.get().state == "delivered"
    assert broken() == []


def test_a_test_event_comes_to_one_endpoint_whatever_its_filters(endpoint: Endpoint, sink: Sink):
    make.endpoint(sink.url("/other"), ["*"], merchant_id=endpoint.merchant_id)
    endpoints.ping(endpoint, actor=make.MEMBER)
    make.told()
    [heard] = sink.heard
    assert (heard.path, heard.json["type"]) == ("/hook", "webhook.ping")
    assert heard.json["data"] == {"endpoint": endpoint.key}
    assert broken() == []


def test_a_disabled_endpoint_cannot_be_tried(endpoint: Endpoint):
    endpoints.disable(endpoint, OffReason.OPERATOR, actor=OPERATOR, note="abuse")
    with pytest.raises(NotEnabled):
        endpoints.ping(endpoint, actor=make.MEMBER)


def test_who_did_what_stands_in_the_trail(endpoint: Endpoint):
    endpoints.disable(endpoint, OffReason.OPERATOR, actor=OPERATOR, note="abuse")
    row = AuditRow.objects.get(action="webhook.disabled")
    assert (row.actor_id, row.reason, row.merchant_id) == (OPERATOR.id, "abuse", endpoint.merchant_id)
    assert "url" not in AuditRow.objects.get(action="webhook.created").facts


def test_an_answer_of_two_seconds_makes_an_endpoint_slow_and_a_quick_one_quick(endpoint: Endpoint):
    def concluded(seconds):
        make.tell(make.event(endpoint))
        [job] = claims.take(quick=1, slow=1)
        outcomes.conclude(job, Outcome(clock.now(), timedelta(seconds=seconds), status=200))
        return Endpoint.objects.get().is_slow

    assert [concluded(seconds) for seconds in (0.1, 2.1, 0.1)] == [False, True, False]


def test_an_endpoint_of_the_twin_is_of_the_sandbox(sink: Sink):
    endpoint = make.endpoint(sink.url(), book=Book.SANDBOX)
    make.told(make.event(endpoint))
    assert sink.heard[0].json["book"] == "sandbox"


def test_failures_of_one_delivery_among_successes_do_not_switch_it_off(endpoint: Endpoint, sink: Sink):
    sink.answers["/hook"] = in_turn(status(500), status(200), status(500))
    for _ in range(3):
        make.told(make.event(endpoint))
    endpoint.refresh_from_db()
    assert endpoint.is_enabled
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM webhooks_attempt")
        assert cursor.fetchone() == (3,)
