"""Webhooks and events on the merchant's desk."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client

from kernel import clock, ids
from merchants.models import Member
from outbox import subscribers
from outbox.services import deliveries
from payments.models import Alert
from tests.factories import webhooks as make
from tests.factories.merchants import MemberFactory
from tests.merchants.people import signed_in
from tests.webhooks.sink import Sink, receiving, status
from webhooks.models import Delivery, Endpoint, Secret
from webhooks.services import endpoints, sender
from webhooks.states import OffReason

pytestmark = pytest.mark.django_db


@pytest.fixture
def sink(settings) -> Iterator[Sink]:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    with receiving() as there:
        settings.KEYWAY_OUTGOING_ALLOW = (there.pair,)
        yield there


@pytest.fixture
def member() -> Member:
    return MemberFactory.create(role="developer")


@pytest.fixture
def client(member: Member) -> Client:
    client = signed_in(member.user)
    client.get("/m/?lang=en")
    return client


@pytest.fixture
def endpoint(member: Member, sink: Sink) -> Endpoint:
    return make.endpoint(sink.url(), merchant_id=member.merchant_id, description="The web shop")


def desk(member: Member, path: str = "") -> str:
    return f"/m/{member.merchant.key}/developers/webhooks/{path}"


def text(answer) -> str:
    return answer.content.decode()


def test_without_an_endpoint_the_page_says_what_one_is(client: Client, member: Member):
    assert "An endpoint is an address of your own server" in text(client.get(desk(member)))


def test_a_new_endpoint_shows_its_secret_once(client: Client, member: Member, sink: Sink):
    form = {"url": sink.url(), "description": "Shop", "topics": ["order.*", "order.paid", "refund.sent"]}
    made = text(client.post(desk(member, "new/"), form))
    endpoint = Endpoint.objects.get()
    assert re.search(r"whsec_[A-Za-z0-9+/=]{44}", made)
    assert endpoint.topics == ["order.*", "refund.sent"]
    assert "whsec_" not in text(client.get(desk(member, f"{endpoint.key}/")))


def test_an_address_that_is_refused_is_said_beside_its_field(client: Client, member: Member):
    form = {"url": "https://127.0.0.1/hook", "topics": ["*"]}
    answer = text(client.post(desk(member, "new/"), form))
    assert "it leads into a private network" in answer
    assert not Endpoint.objects.exists()


def test_the_list_says_how_an_endpoint_does(client: Client, member: Member, endpoint: Endpoint):
    make.told(make.event(endpoint))
    answer = text(client.get(desk(member)))
    assert "The web shop" in answer
    assert "100 %" in answer


def test_deliveries_are_shown_with_what_came_back(client: Client, member: Member, endpoint, sink: Sink):
    sink.answers["/hook"] = status(503, b"we are <closed>")
    make.told(make.event(endpoint))
    row = Delivery.objects.get()
    assert "<code>503</code>" in text(client.get(desk(member, f"{endpoint.key}/?view=pending")))
    shown = text(client.get(desk(member, f"deliveries/{row.key}/")))
    assert "we are &lt;closed&gt;" in shown
    assert "1 / 10" in shown
    assert "&quot;type&quot;: &quot;order.paid&quot;" in shown


def test_failed_ones_are_found_and_sent_again(client: Client, member: Member, endpoint, sink: Sink):
    make.tell(make.event(endpoint))
    client.post(desk(member, f"{endpoint.key}/disable/"))
    client.post(desk(member, f"{endpoint.key}/enable/"))
    row = Delivery.objects.get()
    assert row.key in text(client.get(desk(member, f"{endpoint.key}/?view=dead")))
    client.post(desk(member, f"deliveries/{row.key}/resend/"))
    sender.run(threads=4)
    assert len(sink.heard) == 1


def test_all_that_failed_and_a_time_range_are_sent_again(client: Client, member, endpoint, sink: Sink):
    make.tell(make.event(endpoint), make.event(endpoint))
    endpoints.disable(endpoint, OffReason.MERCHANT, actor=make.MEMBER)
    endpoints.enable(endpoint, actor=make.MEMBER)
    client.post(desk(member, f"{endpoint.key}/failed/"), {"failed-since": "2026-01-01T00:00"})
    sender.run(threads=4)
    assert len(sink.heard) == 2
    span = {"replay-since": "2026-01-01T00:00", "replay-until": "2036-01-01T00:00"}
    client.post(desk(member, f"{endpoint.key}/replay/"), span)
    sender.run(threads=4)
    assert len(sink.heard) == 4


def test_a_range_that_goes_backwards_is_refused(client: Client, member: Member, endpoint: Endpoint):
    span = {"replay-since": "2026-02-01T00:00", "replay-until": "2026-01-01T00:00"}
    answer = text(client.post(desk(member, f"{endpoint.key}/replay/"), span))
    assert "This lies before the beginning." in answer


def test_a_new_secret_is_shown_once_and_the_old_one_signs_on(client: Client, member, endpoint: Endpoint):
    answer = text(client.post(desk(member, f"{endpoint.key}/roll/"), {"overlap": "24"}))
    assert "whsec_" in answer
    former = Secret.objects.get(place="former")
    assert timedelta(hours=23) < former.expires_at - clock.now() <= timedelta(hours=24)


def test_a_test_event_is_sent(client: Client, member: Member, endpoint: Endpoint, sink: Sink):
    client.post(desk(member, f"{endpoint.key}/ping/"))
    make.told()
    assert sink.heard[0].json["type"] == "webhook.ping"


def test_the_address_and_the_filters_can_be_changed(client: Client, member, endpoint, sink: Sink):
    form = {"url": sink.url("/new"), "description": "", "topics": ["refund.*"]}
    client.post(desk(member, f"{endpoint.key}/edit/"), form)
    endpoint.refresh_from_db()
    assert (endpoint.url, endpoint.topics) == (sink.url("/new"), ["refund.*"])


def test_a_removed_endpoint_is_gone_from_the_desk(client: Client, member: Member, endpoint: Endpoint):
    client.post(desk(member, f"{endpoint.key}/remove/"))
    assert client.get(desk(member, f"{endpoint.key}/")).status_code == 404


def test_why_an_endpoint_is_off_stands_on_its_page(client: Client, member: Member, endpoint, sink: Sink):
    sink.answers["/hook"] = status(410)
    make.told(make.event(endpoint))
    assert "It answered 410" in text(client.get(desk(member, f"{endpoint.key}/")))


def test_events_are_listed_whether_somebody_heard_of_them_or_not(client: Client, member: Member):
    make.tell(make.event(member.merchant_id), make.event(member.merchant_id, "refund.sent"))
    log = f"/m/{member.merchant.key}/developers/events/"
    assert "The money has arrived." in text(client.get(log))
    assert "order.paid</code>" not in text(client.get(f"{log}?type=refund.sent"))


def test_an_event_says_where_it_went(client: Client, member: Member, endpoint: Endpoint):
    event = make.event(endpoint)
    make.told(event)
    page = f"/m/{member.merchant.key}/developers/events/{ids.encode('evt', event.id)}/"
    assert endpoint.host in text(client.get(page))


def hand_over(*names: str) -> None:
    for name in names:
        deliveries.deliver(subscribers.named(name))


def test_who_looks_after_webhooks_gets_a_mail_when_one_is_switched_off(member, endpoint, sink: Sink):
    MemberFactory.create(merchant=member.merchant, role="support")
    sink.answers["/hook"] = status(410)
    make.told(make.event(endpoint))
    make.tell()
    hand_over("webhook_letters", "webhook_alerts")
    [letter] = mail.outbox
    assert letter.to == [member.user.email]
    assert desk(member, f"{endpoint.key}/") in letter.body
    alert = Alert.objects.get()
    assert (alert.code, alert.subject_id) == ("webhook.disabled", endpoint.pk)


def test_an_operators_own_deed_is_no_alert(member: Member, endpoint: Endpoint):
    from tests.webhooks.test_endpoints import OPERATOR

    endpoints.disable(endpoint, OffReason.OPERATOR, actor=OPERATOR, note="abuse")
    make.tell()
    hand_over("webhook_letters", "webhook_alerts")
    assert len(mail.outbox) == 1
    assert not Alert.objects.exists()
