"""A settlement: ledger close, statement, payout drafted."""

from dataclasses import replace
from datetime import timedelta

import pytest

from kernel import clock
from kernel.actors import SYSTEM
from kernel.books import Book
from ledger import accounts, closes
from merchants.models import Merchant
from merchants.services import merchants
from merchants.states import SettlementMode
from outbox.models import Event
from settlement import queries, rhythm, schedules
from settlement.errors import NothingToPay, TooEarly
from settlement.models import Payout, Statement
from settlement.postings import merchant_account
from settlement.services import bank_accounts, cycles, payouts
from settlement.states import Carried
from tests.factories import settlement as make
from tests.factories.merchants import MerchantFactory

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def figures(statement: Statement) -> dict[str, int]:
    return {name: money.amount for name, money in statement.figures if money}


def test_a_period_becomes_one_statement_and_one_payout(merchant, sound):
    make.sale(merchant, 10_000, fee=100)
    make.refund(merchant, 2_000, fee=20)
    statement = make.settled(merchant)
    assert figures(statement) == {"sales": 10_000, "refunds": -2_000, "fees": -80, "closing": 7_920}
    payout = Payout.objects.get(statement=statement)
    assert (payout.amount, payout.state, statement.outcome) == (7_920, "drafted", "drafted")
    assert make.available(merchant) == 0
    told = Event.objects.filter(merchant_id=merchant.pk, topic__in=["statement.closed", "payout.drafted"])
    assert sorted(told.values_list("topic", flat=True)) == ["payout.drafted", "statement.closed"]
    sound()


def test_a_period_that_was_settled_is_not_settled_again(merchant, sound):
    make.sale(merchant, 10_000)
    first, second = make.settled(merchant), make.settled(merchant)
    assert (first.pk, Statement.objects.count(), Payout.objects.count()) == (second.pk, 1, 1)
    sound()


def test_the_next_statement_begins_where_the_last_one_ended(merchant, sound):
    make.sale(merchant, 10_000)
    first = make.settled(merchant)
    make.sale(merchant, 3_000, at=make.PERIOD_END + timedelta(hours=1))
    second = make.settled(merchant, make.PERIOD_END + DAY)
    assert (second.number, second.previous, second.opening) == (2, first.upto, 10_000)
    assert figures(second) == {"opening": 10_000, "sales": 3_000, "payouts": -10_000, "closing": 3_000}
    assert Payout.objects.get(statement=second).amount == 3_000
    sound()


def test_what_counts_at_the_very_end_belongs_to_the_period(merchant):
    make.sale(merchant, 10_000, at=make.PERIOD_END)
    make.sale(merchant, 500, at=make.PERIOD_END + timedelta(microseconds=1))
    assert make.settled(merchant).closing == 10_000


def test_a_sale_that_comes_late_is_in_the_next_statement(merchant, sound):
    make.sale(merchant, 10_000)
    make.settled(merchant)
    make.sale(merchant, 700)  # dated before the close, which has shut that period
    assert figures(make.settled(merchant, make.PERIOD_END + DAY))["sales"] == 700
    sound()


def test_a_merchant_without_an_account_has_no_statement(merchant):
    assert cycles.run(merchant.pk, "EUR", make.PERIOD_END) is None


def test_a_period_that_lies_ahead_is_not_closed(merchant):
    make.sale(merchant, 10_000)
    with pytest.raises(TooEarly):
        cycles.run(merchant.pk, "CNY", clock.now() + DAY)


def test_where_the_account_is_closed_further_the_first_close_behind_counts(merchant, sound):
    make.sale(merchant, 10_000)
    key = merchant_account(merchant.pk, "CNY", Book.LIVE)
    number = accounts.existing([key])[key]
    further = make.PERIOD_END + timedelta(hours=3)
    closes.close([number], further)
    assert make.settled(merchant).upto == further
    assert Statement.objects.count() == 1
    assert make.settled(merchant).upto == further
    sound()


class TestCarriedForward:
    """A statement without a payout, and why."""

    def test_a_negative_balance_is(self, merchant, sound):
        make.sale(merchant, 1_000)
        make.refund(merchant, 4_000)
        statement = make.settled(merchant)
        assert (statement.closing, statement.carried) == (-3_000, Carried.NEGATIVE)
        make.sale(merchant, 5_000, at=make.PERIOD_END + timedelta(hours=1))
        later = make.settled(merchant, make.PERIOD_END + DAY)
        assert (later.opening, later.closing, later.payout.amount) == (-3_000, 2_000, 2_000)
        sound()

    def test_a_balance_below_the_least_payout_is(self, merchant):
        terms = replace(schedules.of(merchant.pk), minimum={"CNY": 1_001})
        schedules.change(merchant, terms, actor=SYSTEM, reason="test")
        make.sale(merchant, 1_000)
        assert make.settled(merchant).carried == Carried.BELOW_MINIMUM

    def test_a_paused_merchants_is(self, merchant):
        schedules.change(
            merchant, replace(schedules.of(merchant.pk), paused=True), actor=SYSTEM, reason="test"
        )
        make.sale(merchant, 1_000)
        assert make.settled(merchant).carried == Carried.PAUSED

    def test_one_that_refunds_have_taken_since_is(self, merchant, sound):
        make.sale(merchant, 1_000)
        make.refund(merchant, 1_000, at=make.PERIOD_END + timedelta(hours=1))
        assert make.settled(merchant).carried == Carried.UNCOVERED
        sound()

    def test_one_of_a_merchant_that_the_platform_may_not_pay_is(self):
        direct = MerchantFactory.create()
        make.sale(direct, 1_000)
        assert make.settled(direct).carried == Carried.NOT_PERMITTED
        assert not Payout.objects.exists()

    def test_one_without_a_bank_account_is_and_is_paid_out_when_asked_for_later(self, sound):
        merchant = make.merchant()
        make.sale(merchant, 1_000)
        statement = make.settled(merchant)
        assert statement.carried == Carried.NO_ACCOUNT
        with pytest.raises(NothingToPay):
            payouts.draft(statement, maker=make.operator())
        make.bank_account(merchant)
        maker = make.operator()
        assert payouts.draft(statement, maker=maker).maker_id == maker.id
        assert payouts.draft(statement, maker=maker).amount == 1_000
        statement.refresh_from_db()
        assert (statement.outcome, statement.carried, Payout.objects.count()) == ("drafted", "", 1)
        sound()

    def test_one_that_a_later_statement_has_opened_with_is_not_paid_out_on_its_own(self):
        merchant = make.merchant()
        make.sale(merchant, 1_000)
        first = make.settled(merchant)
        make.settled(merchant, make.PERIOD_END + DAY)
        make.bank_account(merchant)
        with pytest.raises(NothingToPay):
            payouts.draft(first, maker=make.operator())


def test_only_what_is_still_covered_is_paid_out(merchant, sound):
    make.sale(merchant, 10_000)
    make.refund(merchant, 4_000, at=make.PERIOD_END + timedelta(hours=1))
    statement = make.settled(merchant)
    assert (statement.closing, statement.payout.amount) == (10_000, 6_000)
    sound()


class TestDue:
    """What the sweep finds."""

    def test_a_period_that_is_over_is_due_until_it_is_settled(self, merchant):
        make.sale(merchant, 10_000)
        ended = rhythm.latest(schedules.of(merchant.pk), clock.now())
        assert list(cycles.due(clock.now())) == [cycles.Due(merchant.pk, "CNY", ended)]
        assert cycles.sweep(10) == 1
        assert list(cycles.due(clock.now())) == []
        assert Payout.objects.get().amount == 10_000

    def test_nothing_is_due_for_a_merchant_that_is_paid_directly(self):
        make.sale(MerchantFactory.create(), 1_000)
        assert list(cycles.due(clock.now())) == []

    def test_a_statement_without_a_decision_is_decided(self, merchant, sound):
        make.sale(merchant, 10_000)
        make.settled(merchant)
        make.sale(merchant, 500, at=make.PERIOD_END + timedelta(hours=1))
        key = merchant_account(merchant.pk, "CNY", Book.LIVE)
        number = accounts.existing([key])[key]
        closes.close([number], make.PERIOD_END + DAY)
        undecided = cycles.statements.make(number, make.PERIOD_END + DAY, actor=SYSTEM)
        assert next(iter(cycles.due(clock.now()))) == cycles.Due(merchant.pk, "CNY", undecided.upto)
        cycles.sweep(10)
        assert Payout.objects.get(statement=undecided).amount == 500
        sound()

    def test_a_balance_that_lacked_an_account_is_due_once_there_is_one(self):
        merchant = make.merchant()
        make.sale(merchant, 1_000)
        make.settled(merchant)
        assert list(cycles.due(clock.now())) == []
        make.bank_account(merchant)
        assert cycles.sweep(10) == 1
        assert Payout.objects.get().amount == 1_000

    def test_one_that_fails_keeps_no_other_waiting(self, merchant):
        other = make.merchant()
        make.bank_account(other)
        for each in (merchant, other):
            make.sale(each, 1_000)
        Merchant.objects.filter(pk=merchant.pk).update(time_zone="Nowhere/Town")
        assert cycles.sweep(10) == 1
        assert Payout.objects.get().merchant_id == other.pk

    def test_that_the_last_one_was_paid_out_is_no_period_of_its_own(self, merchant, sound):
        make.sale(merchant, 10_000)
        make.settled(merchant)
        assert list(cycles.due(clock.now())) == []
        make.sale(merchant, 700, at=make.PERIOD_END + DAY)
        assert cycles.sweep(10) == 1
        told = figures(Statement.objects.get(number=2))
        assert told == {"opening": 10_000, "sales": 700, "payouts": -10_000, "closing": 700}
        sound()

    def test_a_payout_that_was_not_made_is_due_again(self, merchant, sound):
        make.sale(merchant, 10_000)
        payouts.reject(make.settled(merchant).payout, make.operator(), "The name does not fit.")
        ended = rhythm.following(schedules.of(merchant.pk), clock.now())
        assert [each.upto for each in cycles.due(ended)] == [ended]
        sound()

    def test_a_twins_own_clock_counts(self, sound):
        twin = make.merchant(Book.SANDBOX)
        make.bank_account(twin)
        later = clock.now() + timedelta(days=20)
        make.sale(twin, 2_000, at=later)
        assert list(cycles.due(clock.now())) == []
        merchants.advance_clock(twin, timedelta(days=30), actor=SYSTEM)
        assert cycles.sweep(10) == 1
        assert Payout.objects.get().amount == 2_000
        twin.refresh_from_db()
        assert make.available(twin) == 0
        sound()


def test_a_payout_asked_for_out_of_turn_has_its_maker(merchant, sound):
    make.sale(merchant, 10_000)
    maker = make.operator()
    statement = cycles.run_now(merchant, "CNY", actor=maker)
    assert statement.payout.maker_id == maker.id
    sound()


def test_the_next_settlement_says_when_and_how_much(merchant):
    make.sale(merchant, 10_000)
    make.sale(merchant, 700, at=rhythm.following(schedules.of(merchant.pk), clock.now()))
    make.sale(merchant, 999, at=clock.now() + timedelta(days=60))
    coming = queries.next_settlement(merchant)
    assert coming.at == rhythm.following(schedules.of(merchant.pk), clock.now())
    assert (coming.expected.amount, coming.paused) == (10_700, False)


def test_a_merchant_whose_licence_has_ended_is_stated_and_not_paid(merchant):
    make.sale(merchant, 1_000)
    type(merchant.licence).objects.filter(pk=merchant.licence_id).update(valid_to="2024-12-31")
    assert make.settled(merchant).carried == Carried.NOT_PERMITTED
    Merchant.objects.filter(pk=merchant.pk).update(settlement_mode=SettlementMode.DIRECT)
    assert bank_accounts.active(merchant.pk, "CNY") is not None
