"""What every channel must do, over real HTTP against its sandbox server, whatever its protocol."""

from dataclasses import replace
from datetime import timedelta

import pytest

from kernel import clock, ids
from kernel.money import Money
from payments.channels.base import AccountRefused, ChargeState, RefundState
from payments.channels.news import Aside, NoticeRefused, NoticeSaid, RefundSaid
from tests.payments.channels.conformance import Stage
from tests.payments.channels.stages import Sandbox, alipay_stage, order_fault, stripe_stage

STAGES = {"alipay": alipay_stage, "stripe": stripe_stage}


@pytest.fixture(params=STAGES)
def stage(request: pytest.FixtureRequest, sandbox: Sandbox, settings) -> Stage:
    """One channel's stage, with an ear of its own."""
    settings.KEYWAY_OUTGOING_ALLOW = (sandbox.pair, "127.0.0.1:9")
    return STAGES[request.param](sandbox)


# creating


def test_a_created_charge_gives_the_methods_own_action(stage):
    for method in (each for each in stage.channel.capabilities.methods if each.devices):
        _, action = stage.opened(method.code)
        assert action.kind is method.action


def test_a_charge_that_nobody_paid_is_never_called_paid_or_failed(stage):
    for method in stage.methods:
        charge, _ = stage.opened(method)
        answer = stage.query(charge)
        assert answer.state in {ChargeState.PENDING, ChargeState.ABSENT}


def test_a_number_of_nobody_is_absent(stage):
    answer = stage.channel.query(stage.account, ids.encode("pay", ids.new()))
    assert answer.state is ChargeState.ABSENT


# paying


def test_every_method_can_be_paid_and_says_what_was_paid(stage):
    for method in stage.methods:
        charge, action = stage.opened(method)
        stage.buyer.pay(action)
        answer = stage.query(charge)
        assert (answer.state, answer.paid) == (ChargeState.SUCCEEDED, charge.amount)
        assert answer.channel_txn
        assert abs(answer.paid_at - clock.now()) < timedelta(minutes=1)


def test_a_payment_is_told_with_the_same_figures(stage):
    charge = stage.paid()
    _, said = stage.told(ChargeState.SUCCEEDED)
    answer = stage.query(charge)
    assert (said.reference, said.amount) == (charge.reference, charge.amount)
    assert said.channel_txn == answer.channel_txn
    assert abs(said.occurred_at - clock.now()) < timedelta(minutes=1)


def test_a_notification_that_is_told_twice_carries_one_key(stage):
    _, action = stage.opened()
    stage.buyer.pay_and_be_told_twice(action)
    _, first = stage.told(ChargeState.SUCCEEDED)
    _, second = stage.told(ChargeState.SUCCEEDED)
    assert first.key == second.key


def test_two_payments_carry_two_keys(stage):
    keys = set()
    for _ in range(2):
        stage.paid()
        keys.add(stage.told(ChargeState.SUCCEEDED)[1].key)
    assert len(keys) == 2


def test_a_wrong_amount_is_told_as_it_is_so_that_the_sale_can_refuse_it(stage):
    charge, action = stage.opened()
    stage.buyer.pay_with_wrong_amount(action)
    _, said = stage.told(ChargeState.SUCCEEDED)
    assert said.reference == charge.reference
    assert said.amount != charge.amount


# refusing


def test_a_wrong_signature_is_refused(stage):
    _, action = stage.opened()
    stage.buyer.pay_with_wrong_signature(action)
    with pytest.raises(NoticeRefused):
        stage.told(ChargeState.SUCCEEDED)


def test_a_genuine_notification_is_refused_by_every_other_account(stage):
    stage.paid()
    request, _ = stage.told(ChargeState.SUCCEEDED)
    with pytest.raises(NoticeRefused):
        stage.read(request, stage.stranger)


def test_a_changed_byte_is_refused(stage):
    stage.paid()
    request, _ = stage.told(ChargeState.SUCCEEDED)
    changed = replace(request, body=request.body.replace(*stage.tamper))
    with pytest.raises(NoticeRefused):
        stage.read(changed)


def test_a_body_above_the_limit_is_refused(stage):
    stage.paid()
    request, _ = stage.told(ChargeState.SUCCEEDED)
    padded = request.body + b"&subject=" + b"x" * stage.channel.capabilities.notice_max_bytes
    with pytest.raises(NoticeRefused):
        stage.read(replace(request, body=padded))


def test_a_stranger_learns_nothing_of_a_charge(stage):
    charge = stage.paid()
    answer = stage.query(charge, stage.stranger)
    assert answer.state in {ChargeState.ABSENT, ChargeState.UNKNOWN}
    assert answer.paid is None


def test_a_caller_with_a_wrong_key_gets_no_verdict(stage):
    charge = stage.paid()
    forged = replace(
        stage.account,
        version=2,
        secrets={**stage.account.secrets, stage.key: stage.stranger.secrets[stage.key]},
    )
    assert stage.query(charge, forged).state is ChargeState.UNKNOWN
    assert stage.channel.refund(forged, stage.ask(charge, 1)).state is RefundState.UNKNOWN


# closing


def test_a_closed_charge_cannot_be_paid(stage):
    charge, action = stage.opened()
    stage.buyer.come(action)
    assert stage.close(charge).state is ChargeState.CLOSED
    assert stage.query(charge).state is ChargeState.CLOSED


def test_closing_a_paid_charge_says_that_it_was_paid(stage):
    charge = stage.paid()
    answer = stage.close(charge)
    assert (answer.state, answer.paid) == (ChargeState.SUCCEEDED, charge.amount)


def test_closing_a_number_of_nobody_is_absent(stage):
    answer = stage.channel.close(stage.account, ids.encode("pay", ids.new()))
    assert answer.state is ChargeState.ABSENT


# refunding


def test_a_refund_in_two_parts_gives_all_back(stage):
    charge = stage.paid()
    for amount in (1000, 234):
        ask = stage.ask(charge, amount)
        assert stage.channel.refund(stage.account, ask).state is RefundState.SUCCEEDED
        assert stage.channel.query_refund(stage.account, ask).state is RefundState.SUCCEEDED


def test_a_refund_that_is_asked_for_again_is_made_once(stage):
    charge = stage.paid()
    ask = stage.ask(charge, 1000)
    for _ in range(3):
        assert stage.channel.refund(stage.account, ask).state is RefundState.SUCCEEDED
    rest = stage.ask(charge, 234)
    assert stage.channel.refund(stage.account, rest).state is RefundState.SUCCEEDED


def test_a_refund_above_the_remainder_fails(stage):
    charge = stage.paid()
    stage.channel.refund(stage.account, stage.ask(charge, 1000))
    answer = stage.channel.refund(stage.account, stage.ask(charge, 235))
    assert answer.state is RefundState.FAILED


def test_one_number_for_two_amounts_is_no_success(stage):
    charge = stage.paid()
    ask = stage.ask(charge, 100)
    stage.channel.refund(stage.account, ask)
    again = stage.channel.refund(stage.account, replace(ask, amount=Money(200, stage.currency)))
    assert again.state is RefundState.UNKNOWN


def test_a_refund_of_nobody_is_absent(stage):
    charge = stage.paid()
    assert stage.channel.query_refund(stage.account, stage.ask(charge, 100)).state is RefundState.ABSENT


def test_a_refund_that_is_told_confirms_nothing(stage):
    charge = stage.paid()
    stage.told(ChargeState.SUCCEEDED)
    ask = stage.ask(charge, 100)
    stage.channel.refund(stage.account, ask)
    said = stage.read(stage.ear.next())
    while isinstance(said, Aside) or (isinstance(said, NoticeSaid) and said.state is ChargeState.PENDING):
        said = stage.read(
            stage.ear.next()
        )  # notices overtake each other: one of before the payment may come now
    if isinstance(said, RefundSaid):
        assert (said.request_no, said.amount) == (ask.request_no, ask.amount)
    else:
        assert (said.reference, said.state) == (charge.reference, ChargeState.UNKNOWN)


def test_a_refunded_charge_is_not_called_unpaid(stage):
    charge = stage.paid()
    stage.channel.refund(stage.account, stage.ask(charge, 100))
    assert stage.query(charge).state is ChargeState.SUCCEEDED


# trouble


def test_a_server_that_is_away_leaves_everything_unknown(stage):
    charge = stage.paid()
    refund = stage.ask(charge, 1)
    away = replace(stage.account, gateway="http://127.0.0.1:9/gateway.do")
    assert stage.query(charge, away).state is ChargeState.UNKNOWN
    assert stage.close(charge, away).state is ChargeState.UNKNOWN
    assert stage.channel.refund(away, refund).state is RefundState.UNKNOWN
    assert stage.channel.query_refund(away, refund).state is RefundState.UNKNOWN


@pytest.mark.parametrize("kind", ["error_500", "garbage", "oversize"])
def test_an_answer_that_proves_nothing_leaves_a_refund_unknown_until_it_is_asked_about(stage, sandbox, kind):
    ask = stage.ask(stage.paid(), 100)
    order_fault(sandbox, kind=kind, method=stage.refund_call)
    assert stage.channel.refund(stage.account, ask).state is RefundState.UNKNOWN
    assert stage.channel.query_refund(stage.account, ask).state is RefundState.SUCCEEDED


def test_a_refund_that_never_arrived_is_absent_and_sent_again(stage, sandbox):
    ask = stage.ask(stage.paid(), 100)
    order_fault(sandbox, kind="error_500", method=stage.refund_call, works=False)
    assert stage.channel.refund(stage.account, ask).state is RefundState.UNKNOWN
    assert stage.channel.query_refund(stage.account, ask).state is RefundState.ABSENT
    assert stage.channel.refund(stage.account, ask).state is RefundState.SUCCEEDED


def test_a_charge_that_is_created_again_is_one_charge(stage):
    for method in stage.methods:
        charge, action = stage.opened(method)
        again = stage.channel.create(stage.account, charge)
        stage.buyer.pay(again.action or action)
        assert stage.query(charge).paid == charge.amount
        stage.buyer.come(action)


def test_an_account_that_cannot_work_is_refused(stage):
    stage.channel.check(stage.account)
    for name in [field.name for field in stage.channel.capabilities.settings]:
        with pytest.raises(AccountRefused):
            stage.channel.check(replace(stage.account, settings={**stage.account.settings, name: ""}))
    for name in [field.name for field in stage.channel.capabilities.secrets if field.needed]:
        with pytest.raises(AccountRefused):
            stage.channel.check(replace(stage.account, secrets={**stage.account.secrets, name: ""}))
