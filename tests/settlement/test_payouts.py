"""Payouts up to the bank's door: approved by two, refused, called off."""

from datetime import timedelta

import pytest

from audit.models import AuditRow
from kernel import clock
from kernel.actors import Actor, ActorKind
from kernel.machine import IllegalMove
from ledger.models import Transaction
from merchants.models import Merchant, User
from outbox.models import Event
from settlement import queries
from settlement.errors import (
    AccountChangedByYou,
    AccountInactive,
    NotAnOperator,
    NotPermitted,
    ProofTooOld,
    ReasonMissing,
    SamePerson,
)
from settlement.models import Payout
from settlement.proof import Proof
from settlement.services import bank_accounts, cycles, payouts
from tests.factories import settlement as make
from tests.factories.merchants import UserFactory

pytestmark = pytest.mark.django_db


def approve(payout: Payout, by: Actor | None = None) -> Payout:
    return payouts.approve(payout, by or make.operator(), make.proof(), "Looks right.")


def test_two_operators_approve(payout, sound):
    first, second = make.operator(), make.operator()
    assert approve(payout, first).state == "first_approved"
    done = approve(payout, second)
    assert (done.state, done.first_approved_by_id, done.second_approved_by_id) == (
        "approved",
        first.id,
        second.id,
    )
    assert done.next_query_at is not None
    deeds = AuditRow.objects.filter(subject_id=payout.pk).order_by("id").values_list("action", "actor_id")
    assert list(deeds) == [
        ("payout.drafted", None),
        ("payout.first_approved", first.id),
        ("payout.approved", second.id),
    ]
    told = Event.objects.filter(subject_id=payout.pk).order_by("id").values_list("topic", flat=True)
    assert list(told) == ["payout.drafted", "payout.first_approved", "payout.approved"]
    sound()


def test_one_person_does_not_approve_twice(payout):
    operator = make.operator()
    approve(payout, operator)
    with pytest.raises(SamePerson):
        approve(payout, operator)
    payout.refresh_from_db()
    assert (payout.state, payout.second_approved_by_id) == ("first_approved", None)


def test_the_maker_approves_neither_first_nor_second(merchant):
    make.sale(merchant, 10_000)
    maker = make.operator()
    payout = cycles.run_now(merchant, "CNY", actor=maker).payout
    with pytest.raises(SamePerson):
        approve(payout, maker)
    approve(payout)
    with pytest.raises(SamePerson):
        approve(payout, maker)


@pytest.mark.parametrize("age", [timedelta(minutes=5, seconds=1), timedelta(seconds=-5)])
def test_a_code_that_was_not_shown_just_now_approves_nothing(payout, age):
    with pytest.raises(ProofTooOld):
        payouts.approve(payout, make.operator(), Proof(clock.now() - age), "Looks right.")
    payout.refresh_from_db()
    assert payout.state == "drafted"


def test_an_approval_needs_a_reason(payout):
    with pytest.raises(ReasonMissing):
        payouts.approve(payout, make.operator(), make.proof(), "  ")


@pytest.mark.parametrize(
    "fields", [{"is_staff": False}, {"is_staff": True, "is_active": False}], ids=["member", "switched off"]
)
def test_only_operators_who_are_active_approve(payout, fields):
    somebody = Actor(ActorKind.OPERATOR, UserFactory.create(**fields).pk)
    for deed in (lambda: approve(payout, somebody), lambda: payouts.reject(payout, somebody, "No.")):
        with pytest.raises(NotAnOperator):
            deed()


class TestLapse:
    """A first approval counts for 72 hours; then it is given anew."""

    @pytest.fixture
    def first(self) -> Actor:
        return make.operator()

    @pytest.fixture
    def lapsed(self, db, first) -> Payout:
        with clock.telling(clock.now() - timedelta(hours=72, seconds=1)):
            return approve(make.drafted(), first)

    def test_what_comes_later_is_the_first_again(self, lapsed, sound):
        late, second = make.operator(), make.operator()
        renewed = approve(lapsed, late)
        assert (renewed.state, renewed.first_approved_by_id) == ("first_approved", late.id)
        assert not renewed.first_approval_has_lapsed
        done = approve(lapsed, second)
        assert (done.state, done.second_approved_by_id) == ("approved", second.id)
        deeds = AuditRow.objects.filter(subject_id=lapsed.pk, action="payout.first_approved")
        assert deeds.count() == 2
        sound()

    def test_whose_approval_has_lapsed_may_give_it_again_and_not_the_second(self, lapsed, first):
        assert queries.may_approve(lapsed, first.id)
        approve(lapsed, first)
        with pytest.raises(SamePerson):
            approve(lapsed, first)

    def test_the_second_may_come_just_before(self):
        with clock.telling(clock.now() - timedelta(hours=71, minutes=59)):
            payout = approve(make.drafted())
        assert approve(payout).state == "approved"


class TestChangedAccounts:
    """Who changed a bank account does not approve a payout to it for three days."""

    @pytest.fixture
    def changer(self) -> Actor:
        return make.operator()

    @pytest.fixture
    def payout(self, changer) -> Payout:
        merchant = make.merchant()
        account = bank_accounts.add(
            merchant, "CNY", holder="晨光", bank="工商银行", number="622200000001", actor=changer
        )
        bank_accounts.confirm(account, actor=make.operator(), reason="The document fits.")
        make.sale(merchant, 1_000)
        return make.settled(merchant).payout

    def test_the_changer_may_not(self, payout, changer):
        with pytest.raises(AccountChangedByYou):
            approve(payout, changer)
        assert approve(payout).state == "first_approved"

    def test_a_payout_to_a_retired_account_is_approved_by_nobody(self, payout):
        bank_accounts.retire(payout.bank_account, actor=make.operator(), reason="A thief's.")
        with pytest.raises(AccountInactive):
            approve(payout)


def test_a_merchant_that_may_not_be_paid_any_more_is_approved_no_payout(payout):
    Merchant.objects.filter(pk=payout.merchant_id).update(settlement_mode="direct")
    with pytest.raises(NotPermitted):
        approve(payout)


class TestGivenBack:
    """A payout that is refused or called off gives the merchant its money back, once."""

    @pytest.mark.parametrize("approvals", [0, 1, 2])
    def test_a_rejected_one_does(self, payout, approvals, sound):
        for _ in range(approvals):
            approve(payout)
        assert make.available(payout.merchant) == 0
        done = payouts.reject(payout, make.operator(), "The account looks odd.")
        assert (done.state, done.reason) == ("rejected", "The account looks odd.")
        assert make.available(payout.merchant) == 10_000
        with pytest.raises(IllegalMove):
            payouts.reject(payout, make.operator(), "Again.")
        assert make.available(payout.merchant) == 10_000
        sound()

    def test_a_cancelled_one_does(self, payout, sound):
        payouts.cancel(payout, actor=make.operator(), reason="The merchant asked for it.")
        assert make.available(payout.merchant) == 10_000
        sound()

    def test_the_money_is_in_the_next_statement(self, payout, sound):
        payouts.reject(payout, make.operator(), "The account looks odd.")
        statement = make.settled(payout.merchant, clock.now() - timedelta(microseconds=1))
        assert (statement.opening, statement.payouts, statement.closing) == (10_000, 0, 10_000)
        assert statement.payout.amount == 10_000
        sound()


def test_the_money_leaves_the_balance_in_the_transaction_that_drafts(payout):
    reserved = Transaction.objects.get(subject_id=payout.pk)
    assert reserved.reference == f"payout:{payout.request_no}:reserved"
    leg = reserved.entries.get(amount__gt=0)
    assert (leg.available_at, leg.guarded) == (payout.statement.upto + timedelta(microseconds=1), True)


def test_a_desk_lists_what_waits_and_shows_who_may_not(payout):
    first = make.operator()
    assert list(queries.awaiting_approval("live")) == [payout]
    assert list(queries.awaiting_approval("sandbox")) == []
    done = approve(payout, first)
    assert not queries.may_approve(done, first.id)
    assert queries.may_approve(done, make.operator().id)
    approve(payout)
    assert list(queries.awaiting_approval("live")) == []
    assert [str(money) for money in queries.in_transit(payout.merchant)] == ["100.00 CNY"]


def test_an_operators_row_stays_as_long_as_what_they_approved(payout):
    first = make.operator()
    approve(payout, first)
    with pytest.raises(Exception, match="protected"):
        User.objects.get(pk=first.id).delete()
