"""What a channel sends to an account's own address: believed for that account, applied once, in any order."""

import json
from uuid import UUID

import pytest
from django.test import Client

from kernel import ids
from payments.channels.base import ChargeAnswer, ChargeState
from payments.models import Alert, Notice, Order, Payment, UnverifiedNotice
from payments.services import account_notices, notices, queries
from payments.states import RefundState
from tests.factories import cards
from tests.factories import payments as make
from tests.payments.channels import stripe_world as world

pytestmark = pytest.mark.django_db


@pytest.fixture
def till(db):
    return cards.shop()


def reason(payment):
    return Notice.objects.filter(payment=payment).order_by("-id")[0].reason


def test_a_paid_session_pays_its_order(till, offences):
    payment = cards.paid(till)
    order = Order.objects.get(pk=payment.order_id)
    assert (order.payment_state, order.fulfilment, payment.channel_txn) == (
        "paid",
        "delivered",
        cards.txn_of(payment),
    )
    assert offences() == []


def test_the_same_event_again_changes_nothing_and_gets_the_same_reply(till, offences):
    payment = make.payment_of(cards.place(till))
    event = cards.completed(payment)
    replies = [cards.tell(till, event, key="evt_once0001").status for _ in range(3)]
    assert (replies, Notice.objects.count()) == ([200] * 3, 1)
    assert cards.tell(till, event, key="evt_other001").status == 200
    assert offences() == []


@pytest.mark.parametrize(
    ("change", "why"), [({"amount_total": 2899}, "mismatch"), ({"currency": "eur"}, "mismatch")]
)
def test_another_amount_or_currency_is_refused_and_told(till, change, why):
    payment = make.payment_of(cards.place(till))
    assert cards.tell(till, cards.completed(payment, **change)).status == 400
    assert (reason(payment), Alert.objects.get().code) == (why, "notice.mismatch")
    assert make.found_again(payment).payment_state == "pending"


def test_an_unpaid_session_confirms_nothing(till):
    payment = make.payment_of(cards.place(till))
    assert cards.tell(till, cards.completed(payment, payment_status="unpaid")).status == 200
    assert make.found_again(payment).payment_state == "pending"


def test_another_accounts_payment_is_not_paid_by_this_ones_word(till):
    other = cards.shop()
    payment = make.payment_of(cards.place(other))
    assert cards.tell(till, cards.completed(payment)).status == 400
    assert (make.found_again(payment).payment_state, Alert.objects.get().facts["why"]) == (
        "pending",
        "other_account",
    )


def test_an_alipay_payment_is_not_paid_by_stripes_word(till):
    payment = make.payment_of(make.place(till, product_id=make.shop(merchant=till.merchant).product.pk))
    event = cards.completed(payment)
    assert cards.tell(till, event).status == 400
    assert make.found_again(payment).payment_state == "pending"


@pytest.mark.parametrize("reference", [ids.encode("pay", UUID(int=7)), "order-17", None])
def test_what_is_about_nothing_of_ours_is_accepted_and_forgotten(till, reference):
    payment = make.payment_of(cards.place(till))
    assert cards.tell(till, cards.completed(payment, client_reference_id=reference)).status == 200
    assert not Notice.objects.exists()


def test_what_is_not_genuine_leaves_a_sample_and_an_alert(till):
    payment = make.payment_of(cards.place(till))
    assert cards.tell(till, cards.completed(payment), secret=world.OLD_SECRET).status == 400
    assert UnverifiedNotice.objects.get().payment_id is None
    assert Alert.objects.get().code == "notice.unverified"
    assert make.found_again(payment).payment_state == "pending"


def test_an_unknown_token_and_an_account_that_is_told_elsewhere_are_not_found(till):
    request = world.notice(world.event("completed"))
    alipay = make.shop().account
    for token in ("no-such-token", alipay.token):
        assert account_notices.take(token, request) == notices.UNKNOWN_TOKEN


def test_the_address_needs_no_session_and_no_token_of_a_form(till):
    payment = make.payment_of(cards.place(till))
    event = json.dumps(cards.completed(payment)).encode()
    client = Client(enforce_csrf_checks=True)
    answer = client.post(
        f"/n/a/{till.account.token}/",
        event,
        content_type="application/json",
        headers={"Stripe-Signature": world.sign(event)},
    )
    assert (answer.status_code, answer.content, answer.cookies) == (200, b"ok", {})
    assert Payment.objects.get(pk=payment.pk).state == "succeeded"
    assert client.get(f"/n/a/{till.account.token}/").status_code == 405


def test_a_refund_that_somebody_made_at_stripe_is_told_to_a_person(till):
    payment = cards.paid(till)
    event = world.event("refund_failed", status="succeeded", metadata={}, payment_intent=payment.channel_txn)
    assert cards.tell(till, event).status == 200
    assert Alert.objects.get().code == "refund.strange"
    assert not payment.refunds.exists()


def test_a_refund_of_another_amount_than_ours_is_refused(till):
    refund = cards.refund(cards.paid(till))
    event = cards.refund_event(refund, "succeeded", amount=1)
    assert cards.tell(till, event).status == 400
    refund.refresh_from_db()
    assert refund.state == RefundState.UNKNOWN


def test_a_refused_card_stands_on_the_payment_that_still_waits(till):
    payment = make.payment_of(cards.place(till))
    words = "Your card has insufficient funds."
    for code in ("insufficient_funds", "10000"):
        queries._go_on(payment, ChargeAnswer(ChargeState.PENDING, code=code, message=words))
        payment.refresh_from_db()
    assert (payment.code, payment.message) == ("insufficient_funds", words)
    assert make.found_again(payment).payment_state == "pending"
