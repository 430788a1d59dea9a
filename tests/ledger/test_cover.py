"""Guarded legs: nobody spends what is not there, now or later, alone or in a race."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from kernel import clock
from kernel.books import Book
from kernel.money import Money
from ledger import accounts, balances, posting
from ledger.errors import AlreadyPosted, BalanceTooLow
from ledger.legs import Leg
from ledger.models import Entry
from ledger.purposes import Purpose
from tests.factories.ledger import PostingFactory, key, moved, paid_out, sold
from tests.ledger import raw
from tests.ledger.threads import together

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def test_all_that_is_available_can_be_paid_out():
    merchant = key()
    posting.post(sold(merchant, 1000))
    posting.post(paid_out(merchant, 1000))
    assert balances.of(merchant).available == Money(0, "CNY")


def test_more_than_is_available_is_refused_and_changes_nothing():
    merchant = key()
    posting.post(sold(merchant, 1000))
    with pytest.raises(BalanceTooLow) as refusal:
        posting.post(paid_out(merchant, 1001))
    assert refusal.value.context["short"] == Money(1, "CNY")
    assert balances.of(merchant).available == Money(1000, "CNY")


def test_after_a_refusal_the_caller_goes_on():
    merchant = key()
    posting.post(sold(merchant, 1000))
    with pytest.raises(BalanceTooLow):
        posting.post(paid_out(merchant, 1001))
    posting.post(paid_out(merchant, 999))
    assert balances.of(merchant).available == Money(1, "CNY")


def test_pending_money_is_not_paid_out():
    merchant = key()
    posting.post(sold(merchant, 1000, clock.now() + DAY))
    with pytest.raises(BalanceTooLow):
        posting.post(paid_out(merchant, 1))


def test_a_payout_dated_when_the_money_comes_is_taken():
    merchant, tomorrow = key(), clock.now() + DAY
    posting.post(sold(merchant, 1000, tomorrow))
    posting.post(paid_out(merchant, 1000, at=tomorrow))
    assert balances.of(merchant, at=tomorrow).available == Money(0, "CNY")


def test_what_is_promised_for_later_is_not_spent_today():
    merchant = key()
    posting.post(sold(merchant, 1000))
    posting.post(paid_out(merchant, 700, at=clock.now() + DAY))
    with pytest.raises(BalanceTooLow) as refusal:
        posting.post(paid_out(merchant, 301))
    assert refusal.value.context["short"] == Money(1, "CNY")


def test_a_guarded_leg_dated_into_the_past_is_held_against_today():
    merchant = key()
    posting.post(sold(merchant, 1000))
    posting.post(paid_out(merchant, 600, at=clock.now() - DAY))
    with pytest.raises(BalanceTooLow):
        posting.post(paid_out(merchant, 600, at=clock.now() - DAY))


def test_money_that_came_meanwhile_covers_a_leg_dated_before_it():
    merchant = key()
    posting.post(sold(merchant, 1000))
    posting.post(paid_out(merchant, 1000, at=clock.now() - DAY))
    assert balances.of(merchant).available == Money(0, "CNY")


def test_the_occurrence_of_a_live_transaction_does_not_bring_the_future_nearer():
    merchant, now = key(), clock.now()
    posting.post(sold(merchant, 1000, now + DAY))
    with pytest.raises(BalanceTooLow):
        posting.post(paid_out(merchant, 1000, at=now, occurred_at=now + 2 * DAY))
    posting.post(sold(merchant, 1))  # refused before it was written: the transaction is as good as before


def test_the_database_does_not_believe_the_occurrence_of_a_live_transaction_either():
    merchant, now = key(), clock.now()
    posting.post(sold(merchant, 1000, now + DAY))
    number, other = accounts.numbers([merchant, key()]).values()
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        raw.legs(raw.transaction(occurred_at=now + 2 * DAY), {number: 1000, other: -1000}, guarded=True)
    assert raw.rule_of(refusal.value) == "ledger_cover"


def test_a_twin_spends_what_is_available_on_its_own_clock():
    twin, ahead = key(book=Book.SANDBOX), clock.now() + 30 * DAY
    posting.post(sold(twin, 1000, ahead, occurred_at=ahead - DAY))
    posting.post(paid_out(twin, 1000, occurred_at=ahead))
    assert balances.of(twin, at=ahead).available == Money(0, "CNY")


def test_a_twin_does_not_spend_what_is_pending_on_its_own_clock():
    twin, ahead = key(book=Book.SANDBOX), clock.now() + 30 * DAY
    posting.post(sold(twin, 1000, ahead, occurred_at=ahead - DAY))
    with pytest.raises(BalanceTooLow):
        posting.post(paid_out(twin, 1000, occurred_at=ahead - DAY))


def test_an_unguarded_leg_may_open_a_receivable():
    merchant = key()
    posting.post(moved(merchant, key(Purpose.DISPUTE_HOLD, merchant.owner_id), 400))
    assert balances.of(merchant).available == Money(-400, "CNY")


def test_below_zero_money_still_comes_in_by_a_guarded_leg():
    merchant = key()
    hold = key(Purpose.DISPUTE_HOLD, merchant.owner_id)
    posting.post(moved(merchant, hold, 400))
    legs = [Leg(hold, 100, guarded=True), Leg(merchant, -100, guarded=True)]
    posting.post(PostingFactory(legs=legs))
    assert balances.of(merchant).available == Money(-300, "CNY")


def test_what_comes_with_a_guarded_leg_covers_it():
    merchant, reserve = key(), key(Purpose.MERCHANT_RESERVE)
    posting.post(sold(reserve, 50))
    legs = [Leg(reserve, 50, guarded=True), Leg(merchant, -50), Leg(merchant, 50, guarded=True)]
    posting.post(PostingFactory(legs=[*legs, Leg(key(Purpose.BANK), -50)]))
    assert balances.of(merchant).available == Money(0, "CNY")


def test_an_account_that_stands_on_debits_is_guarded_too():
    bank = key(Purpose.BANK)
    posting.post(moved(bank, key(Purpose.SUSPENSE), 100))
    legs = [Leg(key(Purpose.SUSPENSE), 101), Leg(bank, -101, guarded=True)]
    with pytest.raises(BalanceTooLow):
        posting.post(PostingFactory(legs=legs))


def test_many_guarded_postings_are_judged_together():
    merchant = key()
    posting.post(sold(merchant, 1000))
    with pytest.raises(BalanceTooLow):
        posting.post_many([paid_out(merchant, 501), paid_out(merchant, 500)])
    assert balances.of(merchant).available == Money(1000, "CNY")


def test_the_database_refuses_an_uncovered_leg_whoever_writes_it():
    merchant = key()
    posting.post(sold(merchant, 1000))
    number, other = accounts.numbers([merchant, key()]).values()
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        raw.legs(raw.transaction(), {number: 1001, other: -1001}, guarded=True)
    assert raw.rule_of(refusal.value) == "ledger_cover"
    raw.legs(raw.transaction(), {number: 1000, other: -1000}, guarded=True)


def test_a_payout_that_is_posted_again_is_told_so_and_not_that_the_money_is_gone():
    merchant = key()
    posting.post(sold(merchant, 1000))
    posting.post(paid_out(merchant, 1000, reference="once"))
    with pytest.raises(AlreadyPosted):
        posting.post(paid_out(merchant, 1000, reference="once"))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("racers", [2, 8])
def test_of_racing_debits_no_more_pass_than_there_is(racers):
    merchant = key()
    with transaction.atomic():
        posting.post(sold(merchant, 1000))

    def spend():
        with transaction.atomic():
            return posting.post(paid_out(merchant, 600))

    ended = together([spend] * racers)
    assert sum(isinstance(one, BalanceTooLow) for one in ended) == racers - 1
    assert balances.of(merchant).available == Money(400, "CNY")


@pytest.mark.django_db(transaction=True)
def test_of_racing_debits_by_raw_sql_no_more_pass_than_there_is():
    """The database's own check alone, without the locks and the look of the tunnel."""
    merchant = key()
    with transaction.atomic():
        posting.post(sold(merchant, 1000))
        number, other = accounts.numbers([merchant, key()]).values()

    def spend():
        with transaction.atomic():
            raw.legs(raw.transaction(), {number: 600, other: -600}, guarded=True)

    ended = together([spend] * 4)
    assert sum(one is None for one in ended) == 1
    assert balances.of(merchant).available == Money(400, "CNY")


@pytest.mark.django_db(transaction=True)
def test_guarded_postings_over_the_same_accounts_in_any_order_do_not_deadlock():
    pool = [key() for _ in range(4)]
    with transaction.atomic():
        posting.post_many([sold(merchant, 100_000) for merchant in pool])

    def spend(order):
        def job():
            with transaction.atomic():
                posting.post_many([paid_out(pool[place], 1) for place in order])

        return job

    orders = [(0, 1, 2, 3), (3, 2, 1, 0), (1, 3, 0, 2), (2, 0, 3, 1)] * 3
    assert together([spend(order) for order in orders]) == [None] * 12
    assert Entry.objects.filter(guarded=True).count() == 48


@pytest.mark.django_db(transaction=True)
def test_a_sale_does_not_wait_for_a_payout_of_the_same_merchant():
    merchant = key()
    with transaction.atomic():
        posting.post(sold(merchant, 1000))

    def sell():
        raw.run("SET statement_timeout = '5s'")
        with transaction.atomic():
            return posting.post(sold(merchant, 1))

    with transaction.atomic():
        posting.post(paid_out(merchant, 1000))
        [number] = together([sell])
    assert Entry.objects.filter(transaction=number).exists()
