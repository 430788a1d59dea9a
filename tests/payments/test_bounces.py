"""A refund that its channel had called done, and failed days later: the money is back, to the unit."""

import pytest
from django.db import DatabaseError, transaction

from kernel.actors import SYSTEM
from kernel.money import Money
from ledger import balances
from ledger.legs import AccountKey
from ledger.purposes import OwnerKind, Purpose
from outbox.models import Event
from payments.models import Alert, Payment
from payments.services import refunds, retries, surplus
from payments.states import RefundState
from tests.factories import cards
from tests.factories import payments as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def till(db):
    return cards.shop()


def done(till, amount=2900):
    """A refund that Stripe has called done."""
    refund = cards.refund(cards.paid(till), amount)
    cards.tell(till, cards.refund_event(refund, "succeeded"))
    refund.refresh_from_db()
    assert refund.state == RefundState.SUCCEEDED
    return refund


def fail(till, refund):
    reply = cards.tell(till, cards.refund_event(refund, "failed"))
    refund.refresh_from_db()
    return reply


def held_by(payment, owner, owner_id, purpose):
    at = balances.of(AccountKey(owner, owner_id, purpose, payment.currency, payment.book))
    return (at.available + at.pending).amount


def worth(payment):
    """What merchant, channel and transit hold."""
    account = payment.account_id
    return (
        held_by(payment, OwnerKind.MERCHANT, payment.merchant_id, Purpose.MERCHANT),
        held_by(payment, OwnerKind.CHANNEL_ACCOUNT, account, Purpose.CHANNEL_RECEIVABLE),
        held_by(payment, OwnerKind.CHANNEL_ACCOUNT, account, Purpose.REFUND_TRANSIT),
    )


@pytest.mark.parametrize("amount", [2900, 1000])
def test_everything_is_as_before_the_refund(till, offences, amount):
    payment = cards.paid(till)
    before = worth(payment)
    refund = cards.refund(payment, amount)
    cards.tell(till, cards.refund_event(refund, "succeeded"))
    assert worth(payment) != before
    fail(till, refund)
    payment.refresh_from_db()
    assert (worth(payment), payment.refunded, payment.refund_pending) == (before, 0, 0)
    assert make.found_again(payment).payment_state == "paid"
    assert offences() == []


def test_the_last_unit_of_which_the_channels_fee_is_all_comes_back_as_well(till, offences):
    payment, _ = cards.paid(till), cards.paid(till)
    most, last = cards.refund(payment, payment.amount - 1), cards.refund(payment, 1)
    assert last.channel_fee == last.amount == 1
    before = worth(payment)
    for refund, said in ((most, "succeeded"), (last, "succeeded"), (last, "failed")):
        cards.tell(till, cards.refund_event(refund, said))
    assert (worth(payment)[1] - before[1], offences()) == (-(most.amount - most.channel_fee), [])


def test_one_of_two_parts_that_fails_leaves_the_other(till, offences):
    payment = cards.paid(till)
    first, second = cards.refund(payment, 1000), cards.refund(payment, 1900)
    for refund in (first, second):
        cards.tell(till, cards.refund_event(refund, "succeeded"))
    assert make.found_again(payment).payment_state == "refunded"
    fail(till, first)
    assert make.found_again(payment).payment_state == "partially_refunded"
    assert offences() == []


def test_it_is_told_once_however_often_the_channel_says_it(till, offences):
    refund = done(till)
    for _ in range(3):
        assert fail(till, refund).status == 200
    topics = Event.objects.filter(topic__in=["refund.failed", "order.refund_returned"])
    assert sorted(topics.values_list("topic", flat=True)) == ["order.refund_returned", "refund.failed"]
    assert (refund.code, Alert.objects.get(subject_id=refund.pk).code) == (
        "expired_or_canceled_card",
        "refund.failed",
    )
    assert offences() == []


def test_an_older_word_that_comes_later_changes_nothing(till, offences):
    refund = done(till)
    fail(till, refund)
    for status in ("succeeded", "pending"):
        cards.tell(till, cards.refund_event(refund, status))
    refund.refresh_from_db()
    assert refund.state == RefundState.FAILED
    assert offences() == []


def test_the_money_may_go_back_by_another_refund(till, offences):
    refund = done(till)
    fail(till, refund)
    again = cards.refund(Payment.objects.get(pk=refund.payment_id), 2900)
    cards.tell(till, cards.refund_event(again, "succeeded"))
    assert make.found_again(refund.payment).payment_state == "refunded"
    assert offences() == []


def surplus_done(till):
    """The same of money that came besides: an order that was paid twice."""
    order = cards.place(till)
    first, second = make.payment_of(order), cards.reopened(order)
    for payment in (second, first):
        cards.tell(till, cards.completed(payment))
    refund = surplus.surplus_of(order.pk)[0].refunds.get()
    cards.tell(till, cards.refund_event(refund, "succeeded"))
    refund.refresh_from_db()
    return refund


def test_surplus_that_comes_back_is_surplus_again_and_may_be_tried_again(till, offences):
    refund = surplus_done(till)
    fail(till, refund)
    assert (refund.state, retries.is_due(refund)) == (RefundState.FAILED, True)
    assert offences() == []


def test_news_of_an_earlier_sending_do_not_end_a_later_one(till, offences):
    refund = surplus_done(till)
    stale = cards.refund_event(refund, "failed")
    fail(till, refund)
    with transaction.atomic():
        retries._renew(refund, refunds.lock(refund.payment_id), SYSTEM, reason="test")
    cards.tell(till, stale)
    refund.refresh_from_db()
    assert (refund.state, refund.retries) == (RefundState.REQUESTED, 1)
    cards.tell(till, cards.refund_event(refund, "succeeded"))
    assert offences() == []


def test_the_database_lets_what_went_back_shrink_only_with_its_refund(till):
    refund = done(till)
    with pytest.raises(DatabaseError), transaction.atomic():
        Payment.objects.filter(pk=refund.payment_id).update(refunded=0)
    assert Payment.objects.get(pk=refund.payment_id).refundable == Money(0, "USD")
