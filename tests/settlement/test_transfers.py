"""Payouts at the bank: sent, asked about, concluded."""

from datetime import timedelta

import pytest

from kernel import clock
from kernel.books import Book
from kernel.money import Money
from ledger import balances
from ledger.legs import AccountKey
from ledger.models import Transaction
from ledger.purposes import OwnerKind, Purpose
from merchants.models import Merchant
from outbox.models import Event
from settlement.errors import NoRail, NotPermitted
from settlement.models import Payout
from settlement.services import bank_accounts, payouts, transfers
from tests.factories import settlement as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def approved(payout) -> Payout:
    return make.approved(payout)


def let_time_pass() -> None:
    Payout.objects.filter(next_query_at__isnull=False).update(next_query_at=clock.now())


def at_the_bank() -> int:
    key = AccountKey(OwnerKind.PLATFORM, None, Purpose.BANK, "CNY", Book.LIVE)
    return balances.of(key, at=clock.now()).available.amount


def test_a_payout_that_the_bank_pays_at_once_is_paid(approved, sound):
    bank = make.bank()
    done = payouts.send(approved)
    assert (done.state, at_the_bank(), make.available(done.merchant)) == ("paid", -10_000, 0)
    asked = bank.transfers[0]
    assert (asked.request_no, asked.amount) == (approved.request_no, Money(10_000, "CNY"))
    assert (asked.holder, asked.number) == ("晨光数码有限公司", "6222000000000001")
    sound()


def test_a_payout_is_sent_once(approved):
    bank = make.bank()
    payouts.send(approved)
    payouts.send(approved)
    assert len(bank.transfers) == 1


@pytest.mark.parametrize("state", ["drafted", "first_approved"])
def test_what_two_have_not_approved_is_not_sent(payout, state):
    bank = make.bank()
    if state == "first_approved":
        payouts.approve(payout, make.operator(), make.proof(), "Looks right.")
    assert payouts.send(payout).state == state
    assert bank.transfers == []


@pytest.mark.parametrize("ending", ["failed", "returned"])
def test_a_payout_that_fails_or_comes_back_gives_the_money_back_once(approved, ending, sound):
    make.bank(says=ending)
    done = payouts.send(approved)
    assert (done.state, make.available(done.merchant), at_the_bank()) == (ending, 10_000, 0)
    transfers.conclude(done, make.TransferAnswer(make.TransferState.PAID))
    assert make.available(done.merchant) == 10_000
    sound()


def test_a_payout_that_comes_back_after_it_was_paid_is_the_merchants_again(approved, sound):
    bank = make.bank()
    payouts.send(approved)
    bank.says = make.TransferState.RETURNED
    let_time_pass()
    assert transfers.sweep(10) == 1
    approved.refresh_from_db()
    assert (approved.state, approved.next_query_at) == ("returned", None)
    assert (make.available(approved.merchant), at_the_bank()) == (10_000, 0)
    kinds = Transaction.objects.filter(subject_id=approved.pk).order_by("id").values_list("kind", flat=True)
    assert sorted(kinds) == ["payout.bounced", "payout.paid", "payout.released", "payout.reserved"]
    sound()


def test_a_paid_payout_is_watched_for_some_days_and_then_left_alone(approved):
    bank = make.bank()
    payouts.send(approved)
    for _ in range(6):
        let_time_pass()
        transfers.sweep(10)
    approved.refresh_from_db()
    assert (len(bank.queries), approved.state, approved.next_query_at) == (4, "paid", None)


def test_silence_is_unknown_and_asked_about_under_the_same_number(approved, sound):
    bank = make.bank(says="unknown", on_query="accepted")
    assert payouts.send(approved).state == "unknown"
    assert make.available(approved.merchant) == 0
    let_time_pass()
    assert transfers.sweep(10) == 1
    approved.refresh_from_db()
    assert approved.state == "sent"
    bank.on_query = make.TransferState.PAID
    let_time_pass()
    transfers.sweep(10)
    approved.refresh_from_db()
    assert (approved.state, len(bank.transfers)) == ("paid", 1)
    assert set(bank.queries) == {approved.request_no}
    told = Event.objects.filter(subject_id=approved.pk, topic__in=["payout.sent", "payout.unknown"])
    assert list(told.order_by("id").values_list("topic", flat=True)) == [
        "payout.sent",
        "payout.unknown",
        "payout.sent",
    ]
    sound()


def test_what_the_bank_never_heard_of_is_sent_again_under_the_same_number(approved, sound):
    bank = make.bank(says="unknown", on_query="absent")
    payouts.send(approved)
    bank.says = make.TransferState.PAID
    approved.refresh_from_db()
    assert payouts.ask(approved).state == "paid"
    assert [ask.request_no for ask in bank.transfers] == [approved.request_no] * 2
    sound()


def test_what_the_bank_never_heard_of_is_not_sent_again_to_a_retired_account(approved):
    bank = make.bank(says="unknown", on_query="absent")
    sent = payouts.send(approved)
    bank_accounts.retire(sent.bank_account, actor=make.operator(), reason="A thief's.")
    assert payouts.ask(Payout.objects.get(pk=sent.pk)).state == "unknown"
    assert len(bank.transfers) == 1


def test_questions_become_rarer(approved):
    make.bank(says="unknown")
    sent = payouts.send(approved)
    pauses = []
    for _ in range(5):
        pauses.append((sent.next_query_at - clock.now()).total_seconds())
        sent = payouts.ask(sent)
    assert [round(pause) for pause in pauses] == [15, 60, 300, 3_600, 3_600]


def test_an_answer_about_another_amount_is_not_believed(approved, sound):
    make.bank(amount=Money(9_999, "CNY"))
    done = payouts.send(approved)
    assert (done.state, done.code, at_the_bank()) == ("unknown", "amount_differs", 0)
    sound()


def test_without_a_bank_connection_nothing_is_sent(approved):
    with pytest.raises(NoRail):
        payouts.send(approved)
    approved.refresh_from_db()
    assert approved.state == "approved"


def test_what_cannot_be_sent_is_looked_at_again_later_and_keeps_nothing_waiting(approved):
    bank = make.bank()
    other = make.approved(make.drafted())
    Merchant.objects.filter(pk=approved.merchant_id).update(settlement_mode="direct")
    with pytest.raises(NotPermitted):
        payouts.send(approved)
    assert transfers.sweep(10) == 1
    assert [ask.request_no for ask in bank.transfers] == [other.request_no]
    approved.refresh_from_db()
    assert approved.next_query_at > clock.now() + timedelta(minutes=55)
