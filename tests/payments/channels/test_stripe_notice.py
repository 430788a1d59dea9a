"""Stripe's events: what is genuine is read, and every other is refused, whatever it says."""

import json
from datetime import UTC, datetime

import pytest

from kernel.money import Money
from payments.channels.base import ChargeState, RefundState
from payments.channels.news import Aside, DisputeState, NoticeRefused, NoticeRequest
from payments.channels.stripe import Stripe
from tests.payments.channels import stripe_world as world

CREATED = datetime.fromtimestamp(1795375802, UTC)


def read(request, **changes):
    return Stripe().read_notice(world.account(**changes), request)


def refused(request, why, **changes):
    with pytest.raises(NoticeRefused) as refusal:
        read(request, **changes)
    assert refusal.value.context["why"] == why


def typed(name, kind, **changes):
    return world.event(name, **changes) | {"type": kind}


def test_a_paid_session_is_a_charge_that_succeeded():
    said = read(world.notice(world.event("completed")))
    assert (said.reference, said.channel_txn, said.state) == (
        world.PAYMENT,
        "pi_3QKeywayExample000001",
        ChargeState.SUCCEEDED,
    )
    assert (said.amount, said.occurred_at, said.key) == (
        Money(2900, "USD"),
        CREATED,
        "evt_1QKeywayExample0000001",
    )


def test_yen_are_counted_as_they_are():
    said = read(world.notice(world.event("completed", currency="jpy", amount_total=500)))
    assert said.amount == Money(500, "JPY")


@pytest.mark.parametrize(
    ("kind", "paid", "state"),
    [
        ("checkout.session.completed", "unpaid", ChargeState.PENDING),
        ("checkout.session.async_payment_succeeded", "paid", ChargeState.SUCCEEDED),
        ("checkout.session.async_payment_succeeded", "unpaid", ChargeState.PENDING),
        ("checkout.session.async_payment_failed", "unpaid", ChargeState.FAILED),
        ("checkout.session.expired", "unpaid", ChargeState.CLOSED),
    ],
)
def test_only_paid_is_paid(kind, paid, state):
    event = typed(
        "completed", kind, payment_status=paid, payment_intent=None if paid == "unpaid" else "pi_123456"
    )
    assert read(world.notice(event)).state is state


def test_a_refund_says_which_of_ours_it_is():
    said = read(world.notice(world.event("refund_failed")))
    assert (said.request_no, said.state, said.code) == (
        world.REFUND,
        RefundState.FAILED,
        "expired_or_canceled_card",
    )


def test_a_refund_that_somebody_made_at_stripe_has_no_number_of_ours():
    assert read(world.notice(world.event("refund_failed", metadata={}))).request_no == ""


def test_a_dispute_is_told_whole():
    said = read(world.notice(world.event("dispute")))
    assert (said.state, said.amount, said.taken, said.returned, said.fee, said.movements) == (
        DisputeState.NEEDS_RESPONSE,
        Money(2900, "USD"),
        2900,
        0,
        Money(1500, "USD"),
        1,
    )
    assert said.due_by == datetime.fromtimestamp(1796083199, UTC)


@pytest.mark.parametrize(
    "event",
    [
        typed("completed", "customer.created"),
        world.event("completed", client_reference_id="somebody-elses"),
        world.event("completed", client_reference_id=None),
        world.event("refund_failed", payment_intent=None),
        world.event("dispute", status="a_new_word"),
    ],
)
def test_what_is_genuine_and_not_ours_is_put_aside(event):
    assert read(world.notice(event)) == Aside("evt_1QKeywayExample0000001")


# refusing


def test_either_secret_verifies_while_one_replaces_the_other():
    event = world.event("completed")
    for secret in (world.SECRET, world.OLD_SECRET):
        assert read(world.notice(event, secret=secret), webhook_secret_old=world.OLD_SECRET)
    refused(world.notice(event, secret=world.OLD_SECRET), "its signature does not fit")


@pytest.mark.parametrize("age", [301, -301])
def test_an_event_that_is_too_old_or_ahead_of_its_time_is_refused(age):
    refused(world.notice(world.event("completed"), age=age), "it is too old")


@pytest.mark.parametrize("age", [299, -299])
def test_five_minutes_are_borne(age):
    assert read(world.notice(world.event("completed"), age=age))


@pytest.mark.parametrize(
    "change",
    [
        lambda good: "",
        lambda good: good.replace("v1=", "v0="),
        lambda good: good.replace("t=", "T="),
        lambda good: good[:-1] + ("0" if good[-1] != "0" else "1"),
        lambda good: good + ",t=1",
        lambda good: good.split(",")[1],
        lambda good: good + ",v1=" + "0" * 3_000,
    ],
)
def test_a_signature_of_another_form_is_refused(change):
    body = json.dumps(world.event("completed")).encode()
    signature = change(world.sign(body))
    request = NoticeRequest(body, "application/json", {"Stripe-Signature": signature} if signature else {})
    refused(request, "its signature does not fit")


def test_an_account_without_a_webhook_secret_believes_nobody():
    body = json.dumps(world.event("completed")).encode()
    refused(
        world.notice(body, signature=world.sign(body, "")), "its signature does not fit", webhook_secret=""
    )


def test_an_event_of_the_other_mode_is_refused():
    refused(
        world.notice(world.event("completed") | {"livemode": True}), "it is of another mode than the account"
    )


def test_an_event_of_a_connected_account_is_refused():
    refused(
        world.notice(world.event("completed") | {"account": "acct_another0000000"}),
        "it is meant for another account",
    )
    assert read(world.notice(world.event("completed") | {"account": world.ACCOUNT_ID}))


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b'{"object":"event","object":"event"}',
        b"[" * 60_000,
        b'"\xff"',
        json.dumps(world.event("completed") | {"id": "1"}).encode(),
        json.dumps(world.event("completed") | {"data": {"object": 1}}).encode(),
        json.dumps(world.event("completed") | {"created": "now"}).encode(),
        json.dumps(world.event("completed", amount_total="2900")).encode(),
        json.dumps(world.event("completed", amount_total=29.0)).encode(),
        json.dumps(world.event("completed", currency="us dollars")).encode(),
        json.dumps(world.event("completed", payment_intent=None)).encode(),
    ],
)
def test_what_is_signed_and_makes_no_sense_is_refused(body):
    with pytest.raises(NoticeRefused):
        read(world.notice(body))


def test_a_form_is_no_event():
    good = world.notice(world.event("completed"))
    refused(NoticeRequest(good.body, "application/x-www-form-urlencoded", good.headers), "it is not JSON")


def test_a_body_above_the_limit_is_refused():
    refused(world.notice(b" " * 65_537), "it is too large")
