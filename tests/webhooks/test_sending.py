"""What a receiver gets: genuine, the same at every attempt, and no more than is public."""

import base64
import re
from datetime import timedelta

import pytest
import time_machine
from standardwebhooks import Webhook, WebhookVerificationError

from kernel import clock, ids
from tests.factories import webhooks as make
from tests.webhooks.sink import Sink, in_turn, status
from webhooks import signatures
from webhooks.models import Attempt, Delivery, Endpoint, Secret
from webhooks.services import secrets, sender

pytestmark = pytest.mark.django_db


def later(pause):
    return time_machine.travel(clock.now() + pause, tick=False)


def verifies(secret: str, heard) -> bool:
    try:
        Webhook(secret).verify(heard.body, heard.headers)
    except WebhookVerificationError:
        return False
    return True


def test_the_signature_is_the_one_that_the_specification_publishes():
    made = signatures.headers(
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        b'{"test": 2432232314}',
        signed_with=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
        at=clock.now().fromtimestamp(1614265330, tz=clock.now().tzinfo),
    )
    assert made == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_a_secret_is_32_random_bytes_behind_its_prefix():
    made = {signatures.new_secret() for _ in range(50)}
    assert len(made) == 50
    assert {len(base64.b64decode(one.removeprefix("whsec_"))) for one in made} == {32}


def test_a_receiver_can_verify_what_it_gets(sink: Sink):
    endpoint, secret = make.endpoint_with_secret(sink.url())
    make.told(make.event(endpoint))
    [heard] = sink.heard
    assert verifies(secret, heard)
    assert not verifies(signatures.new_secret(), heard)


def test_the_body_says_what_happened_to_what(endpoint: Endpoint, sink: Sink):
    said = make.event(endpoint)
    make.told(said)
    [heard] = sink.heard
    assert heard.headers["content-type"] == "application/json"
    assert heard.headers["webhook-id"] == heard.json["id"] == ids.encode("evt", said.id)
    assert heard.json | {"timestamp": ""} == {
        "id": ids.encode("evt", said.id),
        "type": "order.paid",
        "timestamp": "",
        "object_version": 1,
        "merchant": ids.encode("mer", endpoint.merchant_id),
        "book": "live",
        "data": {"order": said.payload["order"], "amount": 990, "currency": "CNY"},
    }
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", heard.json["timestamp"])


def test_a_fact_that_is_not_in_the_catalogue_stays_inside(endpoint: Endpoint, sink: Sink):
    make.told(make.event(endpoint, inner_note="not for the world"))
    assert b"inner_note" not in sink.heard[0].body


def test_a_private_event_is_never_sent(sink: Sink):
    endpoint = make.endpoint(sink.url(), ["*"])
    make.told(make.event(endpoint, "order.links_asked"), make.event(endpoint, "risk.review_released"))
    assert sink.heard == []


def test_every_attempt_sends_the_same_bytes_under_the_same_name(endpoint: Endpoint, sink: Sink):
    sink.answers["/hook"] = in_turn(status(500), status(200))
    make.told(make.event(endpoint))
    with later(timedelta(minutes=1)):
        sender.run(threads=4)
    first, second = sink.heard
    assert first.body == second.body
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.headers["webhook-signature"] != second.headers["webhook-signature"]
    assert len({bytes(one.digest) for one in Attempt.objects.all()}) == 1


def test_while_a_secret_is_changed_both_fit(sink: Sink):
    endpoint, old = make.endpoint_with_secret(sink.url())
    new = secrets.roll(endpoint, actor=make.MEMBER)
    make.told(make.event(endpoint))
    [heard] = sink.heard
    assert len(heard.headers["webhook-signature"].split()) == 2
    assert verifies(old, heard)
    assert verifies(new, heard)


def test_after_the_overlap_the_old_secret_fits_no_more(sink: Sink):
    endpoint, old = make.endpoint_with_secret(sink.url())
    new = secrets.roll(endpoint, overlap=timedelta(hours=1), actor=make.MEMBER)
    with later(timedelta(hours=1, seconds=1)):
        make.told(make.event(endpoint))
        [heard] = sink.heard
        assert not verifies(old, heard)
        assert verifies(new, heard)


def test_a_secret_that_leaked_is_gone_at_once_if_wanted(sink: Sink):
    endpoint, old = make.endpoint_with_secret(sink.url())
    secrets.roll(endpoint, overlap=timedelta(), actor=make.MEMBER)
    make.told(make.event(endpoint))
    assert not verifies(old, sink.heard[0])


def test_two_secrets_are_the_most_that_sign(sink: Sink):
    endpoint, oldest = make.endpoint_with_secret(sink.url())
    secrets.roll(endpoint, actor=make.MEMBER)
    secrets.roll(endpoint, actor=make.MEMBER)
    make.told(make.event(endpoint))
    assert len(sink.heard[0].headers["webhook-signature"].split()) == 2
    assert not verifies(oldest, sink.heard[0])


def test_the_secret_lies_sealed(sink: Sink):
    endpoint, secret = make.endpoint_with_secret(sink.url())
    sealed = bytes(Secret.objects.get(endpoint=endpoint).sealed)
    assert secret.encode() not in sealed
    assert base64.b64decode(secret.removeprefix("whsec_")) not in sealed


def test_what_an_endpoint_answers_is_kept_short_and_without_secrets(endpoint: Endpoint, sink: Sink):
    said = b"thanks to ann@example.com for 4111 1111 1111 1111 \x00<script>" + b"long " * 2_000
    sink.answers["/hook"] = status(200, said)
    make.told(make.event(endpoint))
    attempt = Attempt.objects.get()
    assert attempt.excerpt.startswith("thanks to … for … <script>long long")
    assert len(attempt.excerpt) == 1_000
    assert Delivery.objects.get().state == "delivered"
