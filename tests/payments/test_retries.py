"""A refund that the channel had refused, tried again by a person."""

import pytest
from django.db import DatabaseError, transaction

from audit.models import AuditRow
from kernel import ids
from kernel.actors import Actor, ActorKind
from ledger.models import Transaction
from payments.errors import ChannelSilent, NotRetriable
from payments.models import Refund
from payments.services import attempts, holds, notices, refunds, retries, sweeps
from tests.factories import payments as make
from tests.payments.test_refunds import ABSENT, REFUSED, asked, balance, book, done, yuan

pytestmark = pytest.mark.django_db

OPERATOR = Actor(ActorKind.OPERATOR, ids.new())


def again(refund):
    return retries.begin(refund, actor=OPERATOR, reason="the account has money again")


@pytest.fixture
def failed(online, gateway):
    """Money that came besides, whose way back the channel refused. What it was asked is forgotten."""
    order = make.place(online)
    first = make.payment_of(order)
    attempts.open(order, "alipay.page")
    make.pay(order)
    notices.take(first.notify_token, make.notice(first))
    gateway.answers += [ABSENT, REFUSED]
    sweeps.send_refunds(10)
    gateway.calls.clear()
    return Refund.objects.get(state="failed")


def test_it_is_asked_about_first_and_sent_under_its_own_number(online, gateway, failed):
    gateway.answers += [ABSENT, done(failed.payment, 1000)]
    assert again(failed).state == "succeeded"
    numbers = [call.content["out_request_no"] for call in gateway.calls]
    assert numbers == [failed.request_no] * 2
    assert [balance(online, account) for account in ("surplus", "transit", "channel_fee")] == [0] * 3


def test_what_the_channel_did_after_all_is_recorded_and_not_sent(online, gateway, failed):
    gateway.answers.append(asked(failed, 1000))
    assert again(failed).state == "succeeded"
    assert len(gateway.calls) == 1
    assert [balance(online, account) for account in ("surplus", "transit")] == [0] * 2


def test_a_channel_that_does_not_say_changes_nothing(gateway, failed):
    before = Transaction.objects.count()
    gateway.answers.append(502)
    with pytest.raises(ChannelSilent):
        again(failed)
    failed.refresh_from_db()
    assert (failed.state, failed.retries, Transaction.objects.count()) == ("failed", 0, before)


def test_one_that_fails_again_can_be_tried_again(online, gateway, failed, offences):
    gateway.answers += [ABSENT, REFUSED]
    assert again(failed).state == "failed"
    gateway.answers += [ABSENT, done(failed.payment, 1000)]
    failed.refresh_from_db()
    assert (again(failed).state, Refund.objects.get(pk=failed.pk).retries) == ("succeeded", 2)
    assert offences() == []


def test_who_tried_it_and_why_is_written_down(gateway, failed):
    gateway.answers += [ABSENT, done(failed.payment, 1000)]
    again(failed)
    row = AuditRow.objects.get(action="refund.retried", subject_id=failed.pk)
    assert (row.actor_id, row.reason) == (OPERATOR.id, "the account has money again")


def test_a_second_operator_at_the_same_moment_is_refused(gateway, failed):
    stale = Refund.objects.get(pk=failed.pk)
    gateway.answers += [ABSENT, 502, ABSENT]
    again(failed)
    with pytest.raises(NotRetriable):
        again(stale)
    sent = [call for call in gateway.calls if call.method == "alipay.trade.refund"]
    assert len(sent) == 1


def test_the_money_of_a_rejected_order_can_be_tried_again(online, gateway):
    gateway.answers.append(REFUSED)
    refund = holds.reject(make.paid(online, review=True), actor=OPERATOR, reason="fraud")
    gateway.answers += [ABSENT, done(refund.payment, 1000)]
    assert again(refund).state == "succeeded"


def test_a_merchants_own_refund_is_asked_for_anew_instead(online, gateway):
    gateway.answers.append(REFUSED)
    refund = book(make.payment_of(make.paid(online)), 1000)
    with pytest.raises(NotRetriable):
        again(refund)


def test_money_that_went_back_otherwise_meanwhile_is_not_sent_again(online, gateway):
    gateway.answers.append(REFUSED)
    refund = holds.reject(make.paid(online, review=True), actor=OPERATOR, reason="fraud")
    gateway.answers += [done(refund.payment, 400), ABSENT]
    refunds.book(payment=refund.payment, amount=yuan(400), reason="agreed", actor=OPERATOR)
    with pytest.raises(NotRetriable):
        again(refund)


@pytest.mark.parametrize(
    "changes", [{"state": "requested", "concluded_at": None}, {"retries": 1}, {"retries": 11}]
)
def test_the_database_counts_every_turn(failed, changes):
    more = {"next_query_at": failed.requested_at} if "state" in changes else {}
    with pytest.raises(DatabaseError), transaction.atomic():
        Refund.objects.filter(pk=failed.pk).update(**changes, **more)
