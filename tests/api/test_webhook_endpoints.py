"""Webhook endpoints and deliveries by API."""

from collections.abc import Iterator

import pytest

from tests.api.client import Api
from tests.factories import webhooks as make
from tests.webhooks.sink import Sink, receiving, status
from webhooks.models import Delivery, Endpoint
from webhooks.services import sender


@pytest.fixture
def sink(settings) -> Iterator[Sink]:
    with receiving() as there:
        settings.KEYWAY_OUTGOING_ALLOW = (there.pair,)
        yield there


@pytest.fixture
def made(api: Api, sink: Sink) -> dict:
    answer = api.post("/webhook_endpoints", {"url": sink.url(), "events": ["order.*"]})
    assert answer.status_code == 201
    return answer.json()


@pytest.fixture
def at(made: dict) -> str:
    return f"/webhook_endpoints/{made['id']}"


def test_a_new_endpoint_tells_its_secret_once(api: Api, made: dict, at: str):
    assert made["secret"].startswith("whsec_")
    shown = api.get(at).json()
    assert shown == {name: value for name, value in made.items() if name != "secret"}
    assert (shown["state"], shown["events"]) == ("enabled", ["order.*"])


def test_an_address_that_is_refused_is_said_by_its_field(api: Api):
    answer = api.post("/webhook_endpoints", {"url": "https://127.0.0.1/", "events": ["*"]})
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["url"])


def test_an_event_that_there_is_not_is_refused(api: Api, sink: Sink):
    answer = api.post("/webhook_endpoints", {"url": sink.url(), "events": ["order.vanished"]})
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["events"])


def test_a_change_leaves_the_rest_as_it_is(api: Api, made: dict, at: str):
    changed = api.patch(at, {"events": ["refund.*"]}).json()
    assert (changed["events"], changed["url"]) == (["refund.*"], made["url"])


def test_an_endpoint_goes_off_on_and_away(api: Api, at: str):
    off = api.post(f"{at}/disable").json()
    assert (off["state"], off["disabled_reason"]) == ("disabled", "merchant")
    assert api.post(f"{at}/enable").json()["state"] == "enabled"
    assert api.post(f"{at}/remove").status_code == 200
    assert api.get(at).status_code == 404
    assert api.get("/webhook_endpoints").json()["data"] == []


def test_a_rolled_secret_is_told_once(api: Api, made: dict, at: str):
    rolled = api.post(f"{at}/roll_secret", {"overlap_seconds": 60}).json()
    assert rolled["secret"] not in ("", made["secret"])


def test_a_test_event_is_sent(api: Api, at: str, sink: Sink):
    assert api.post(f"{at}/ping").status_code == 200
    make.told()
    assert sink.heard[0].json["type"] == "webhook.ping"


def test_deliveries_are_listed_and_sent_again(api: Api, made: dict, sink: Sink):
    sink.answers["/hook"] = status(500)
    make.told(make.event(Endpoint.objects.get()))
    [row] = api.get("/webhook_deliveries", endpoint=made["id"], state="pending").json()["data"]
    assert (row["type"], row["status"], row["attempts"]) == ("order.paid", 500, 1)
    sink.answers["/hook"] = status(200)
    api.post(f"/webhook_deliveries/{row['id']}/resend")
    sender.run(threads=4)
    assert api.get(f"/webhook_deliveries/{row['id']}").json()["state"] == "delivered"


def test_what_failed_and_what_happened_is_sent_again(api: Api, at: str, sink: Sink):
    make.tell(make.event(Endpoint.objects.get()))
    api.post(f"{at}/disable")
    api.post(f"{at}/enable")
    assert api.post(f"{at}/resend", {"since": "2026-01-01T00:00:00Z"}).json() == {"count": 1}
    sender.run(threads=4)
    span = {"since": "2026-01-01T00:00:00Z", "until": "2099-01-01T00:00:00Z"}
    assert api.post(f"{at}/resend", span).json() == {"count": 1}
    sender.run(threads=4)
    assert len(sink.heard) == 2
    assert Delivery.objects.get().state == "delivered"


def test_a_disabled_endpoint_is_sent_nothing_again(api: Api, at: str):
    api.post(f"{at}/disable")
    answer = api.post(f"{at}/resend", {"since": "2026-01-01T00:00:00Z"})
    assert (answer.status_code, answer.json()["code"]) == (409, "webhooks.not_enabled")
