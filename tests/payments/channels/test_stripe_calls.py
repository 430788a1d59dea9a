"""What Stripe alone can do, over real HTTP against its sandbox: cards, debits, late refunds, disputes."""

from dataclasses import replace

import pytest

from payments.channels.base import ChargeState, RefundState
from payments.channels.news import Aside, DisputeSaid, DisputeState, RefundSaid
from tests.payments.channels.conformance import Stage
from tests.payments.channels.stages import Sandbox, order_fault, stripe_stage


@pytest.fixture
def stage(sandbox: Sandbox, settings) -> Stage:
    settings.KEYWAY_OUTGOING_ALLOW = (sandbox.pair,)
    return stripe_stage(sandbox)


def said_next(stage, kind):
    """The next event of a kind; others before it are let go."""
    said = stage.read(stage.ear.next())
    while not isinstance(said, kind):
        said = stage.read(stage.ear.next())
    return said


def test_the_same_charge_again_gives_the_same_page(stage):
    charge, action = stage.opened()
    again = stage.channel.create(stage.account, charge)
    assert (again.action, again.handle) == (action, stage.handles[charge.reference])


def test_an_answer_that_got_lost_is_given_again(stage, sandbox):
    charge = stage.charge()
    order_fault(sandbox, kind="garbage", method="POST checkout/sessions", prefix=charge.reference)
    assert stage.channel.create(stage.account, charge).state is ChargeState.UNKNOWN
    assert stage.channel.query(stage.account, charge.reference).state is ChargeState.ABSENT
    assert stage.channel.create(stage.account, charge).state is ChargeState.PENDING


def test_what_stripe_refuses_to_open_has_failed(stage):
    answer = stage.channel.create(stage.account, stage.charge(amount=1))
    assert (answer.state, answer.code) == (ChargeState.FAILED, "amount_too_small")


def test_a_refused_card_says_why_and_leaves_the_charge_open(stage, sandbox):
    charge, _ = stage.opened()
    sandbox.order(f"stripe/{charge.reference}", card="4000000000009995")
    open_, closed = stage.query(charge), stage.close(charge)
    assert (open_.state, open_.code) == (ChargeState.PENDING, "insufficient_funds")
    assert (closed.state, closed.code) == (ChargeState.CLOSED, "insufficient_funds")


@pytest.mark.parametrize(
    ("deed", "state"), [("settle", ChargeState.SUCCEEDED), ("bounce", ChargeState.FAILED)]
)
def test_a_debit_is_awaited_whatever_becomes_of_it(stage, sandbox, deed, state):
    charge, _ = stage.opened()
    sandbox.order(f"stripe/{charge.reference}", ending="debit_settles", seconds=3600)
    assert stage.query(charge).state is ChargeState.PENDING
    assert stage.close(charge).state is ChargeState.PENDING
    _, said = stage.told(ChargeState.PENDING)
    assert said.reference == charge.reference
    sandbox.order(f"stripe/{charge.reference}", deed=deed)
    assert stage.query(charge).state is state
    assert stage.told(state)[1].reference == charge.reference


def test_a_refund_that_fails_later_is_told_and_sent_anew_under_its_next_turn(stage, sandbox):
    charge = stage.paid()
    ask = stage.ask(charge, 1234)
    assert stage.channel.refund(stage.account, ask).state is RefundState.SUCCEEDED
    assert said_next(stage, RefundSaid).state is RefundState.SUCCEEDED
    sandbox.order(f"stripe/{charge.reference}", deed="refund_fails")
    failed = said_next(stage, RefundSaid)
    assert (failed.request_no, failed.state, failed.turn) == (ask.request_no, RefundState.FAILED, 0)
    assert stage.channel.query_refund(stage.account, ask).state is RefundState.FAILED
    second = replace(ask, turn=1)
    assert stage.channel.query_refund(stage.account, second).state is RefundState.ABSENT
    assert stage.channel.refund(stage.account, second).state is RefundState.SUCCEEDED


def test_a_dispute_is_told_from_its_opening_to_its_end(stage, sandbox):
    charge = stage.paid()
    for deed, state, moved in (
        ("dispute", DisputeState.NEEDS_RESPONSE, (1234, 0)),
        ("win", DisputeState.WON, (1234, 1234)),
    ):
        sandbox.order(f"stripe/{charge.reference}", deed=deed)
        said = said_next(stage, DisputeSaid)
        while said.state is not state:
            said = said_next(stage, DisputeSaid)
        assert (said.taken, said.returned) == moved
    assert (said.channel_txn, said.fee.amount, said.movements) == (stage.query(charge).channel_txn, 1500, 2)


def test_a_disputed_payment_cannot_be_refunded(stage, sandbox):
    charge = stage.paid()
    sandbox.order(f"stripe/{charge.reference}", deed="dispute")
    answer = stage.channel.refund(stage.account, stage.ask(charge, 1))
    assert (answer.state, answer.code) == (RefundState.FAILED, "charge_disputed")


def test_events_of_other_objects_are_put_aside(stage):
    stage.paid()
    kinds = [type(stage.read(stage.ear.next())) for _ in range(3)]
    assert kinds.count(Aside) == 2
