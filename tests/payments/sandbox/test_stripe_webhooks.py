"""The merchant's server is told of every change, signed as Stripe signs, until it answers with any 2xx."""

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
import stripe

from kernel import clock
from payments.sandbox.models import StripeDelivery
from payments.sandbox.stripe import accounts, till
from payments.sandbox.stripe.couriers import RETRIES
from payments.sandbox.stripe.states import Ending
from tests.payments.channels.conformance import Ear, house
from tests.payments.sandbox.till import Till, perform

COMPLETED = "checkout.session.completed"


@pytest.fixture
def ear(settings) -> Iterator[Ear]:
    from payments.channels.news import Reply

    with house() as built:
        settings.KEYWAY_OUTGOING_ALLOW = (built.url.removeprefix("http://"),)
        yield built.door(Reply(200, b"ok"))


@pytest.fixture
def shop(inside, ear) -> Till:
    return Till(inside, webhook_url=ear.url)


def heard(ear: Ear) -> list[dict]:
    return [json.loads(ear.heard.get_nowait().body) for _ in range(ear.heard.qsize())]


def verified(request, secret: str) -> stripe.Event:
    return stripe.Webhook.construct_event(request.body, request.headers["Stripe-Signature"], secret)


def test_the_official_library_believes_an_event(shop, ear):
    made = shop.paid()
    perform(timedelta())
    request = [ear.heard.get_nowait() for _ in range(3)][-1]
    event = verified(request, shop.opened.webhook_secret)
    assert (event.type, event.data.object.id, event.livemode) == (COMPLETED, made.id, False)


def test_a_rolled_secret_signs_beside_the_old_one(shop, ear):
    new = accounts.roll_secret(shop.opened.account_id)
    shop.paid()
    perform(timedelta())
    request = ear.heard.get_nowait()
    assert all(verified(request, secret).id for secret in (shop.opened.webhook_secret, new))


@pytest.mark.parametrize(
    ("ending", "types"),
    [
        (Ending.TWICE, [COMPLETED, COMPLETED]),
        (Ending.SILENCE, []),
        (Ending.LATE, []),
        (Ending.DEBIT_BOUNCES, [COMPLETED]),
    ],
)
def test_tricks_change_what_is_told(shop, ear, ending, types):
    till.end(shop.session().id, ending, seconds=600)
    perform(timedelta())
    assert [told["type"] for told in heard(ear) if told["type"] == COMPLETED] == types


def test_twice_is_the_same_event_word_for_word(shop, ear):
    till.end(shop.session().id, Ending.TWICE)
    perform(timedelta())
    bodies = [ear.heard.get_nowait().body for _ in range(ear.heard.qsize())]
    assert len(bodies) == 6
    assert len(set(bodies)) == 3


@pytest.mark.parametrize("ending", [Ending.WRONG_SIGNATURE, Ending.FORGED])
def test_a_strangers_signature_is_believed_by_nobody(shop, ear, ending):
    made = shop.session()
    till.end(made.id, ending)
    perform(timedelta())
    request = ear.heard.get_nowait()
    with pytest.raises(stripe.SignatureVerificationError):
        verified(request, shop.opened.webhook_secret)
    assert (shop.found(made).payment_status == "paid") == (ending is Ending.WRONG_SIGNATURE)


def test_a_wrong_amount_is_truly_signed_and_the_query_says_the_same(shop, ear):
    made = shop.session(2900)
    till.end(made.id, Ending.WRONG_AMOUNT)
    perform(timedelta())
    told = next(each for each in heard(ear) if each["type"] == COMPLETED)  # in any order
    assert told["data"]["object"]["amount_total"] == shop.found(made).amount_total == 2901


def test_what_is_refused_is_told_again_and_given_up_in_the_end(shop, ear):
    from payments.channels.news import Reply

    ear.reply = Reply(500, b"no")
    shop.session()
    till.end(shop.session().id, Ending.DEBIT_SETTLES, seconds=3600)
    moment = timedelta()
    for pause in (timedelta(), *RETRIES):
        moment += pause + timedelta(seconds=1)
        due = StripeDelivery.objects.filter(due_at__isnull=False)
        due.update(due_at=clock.now())
        perform(timedelta())
    assert set(StripeDelivery.objects.values_list("sends", "due_at")) == {(4, None)}


def test_an_account_without_an_endpoint_is_told_nothing(inside):
    Till(inside).paid()
    assert not StripeDelivery.objects.exists()
