"""Closing while sales go on: nothing is missed, and nobody waits for long."""

from datetime import timedelta
from threading import Event

import pytest
from django.db import transaction

from kernel import clock
from ledger import accounts, auditor, balances, closes, posting
from ledger.invariants import INVARIANTS
from ledger.models import Close, Entry
from ledger.purposes import Purpose
from tests.factories.ledger import key, sold
from tests.ledger import raw
from tests.ledger.threads import together

pytestmark = pytest.mark.django_db(transaction=True)

MICROSECOND = timedelta(microseconds=1)
DAY = timedelta(days=1)


def test_a_close_waits_for_a_posting_that_is_under_way(merchant):
    posted, closing = Event(), Event()

    def sell():
        with transaction.atomic():
            posting.post(sold(merchant, 500, occurred_at=clock.now() - DAY))
            posted.set()
            assert closing.wait(30)

    def close():
        assert posted.wait(30)
        result = closes.close([raw.number_of(merchant)], clock.now())
        closing.set()
        return result

    _, result = together([sell, close])
    assert result == closes.Closed(0, (raw.number_of(merchant),))
    assert closes.close([raw.number_of(merchant)], clock.now()).closed == 1
    assert Close.objects.get().balance == -1500


def test_an_account_that_is_busy_all_the_time_is_waited_for(merchant):
    posted = Event()

    def sell():
        with transaction.atomic():
            posting.post(sold(merchant, 500, occurred_at=clock.now() - DAY))
            posted.set()
            raw.wait_for_somebody_who_waits()

    def close():
        assert posted.wait(30)
        return closes.close([raw.number_of(merchant)], clock.now())

    assert together([sell, close]) == [None, closes.Closed(1, ())]
    assert Close.objects.get().balance == -1500


def test_a_raw_close_waits_for_a_posting_that_is_under_way(merchant):
    """Without `closes.py`, the trigger alone: the close sees what the posting wrote."""
    posted = Event()
    number = raw.number_of(merchant)

    def sell():
        with transaction.atomic():
            posting.post(sold(merchant, 500, occurred_at=clock.now() - DAY))
            posted.set()
            raw.wait_for_somebody_who_waits()

    def close():
        assert posted.wait(30)
        raw.close(number, clock.now())

    assert together([sell, close]) == [None, None]
    assert Close.objects.get().balance == -1500


def test_a_raw_leg_waits_for_a_close_that_is_under_way(merchant):
    """Without `posting.py`, the trigger alone: a leg cannot slip into the period that is being closed."""
    closed = Event()
    number = raw.number_of(merchant)
    with transaction.atomic():
        [bank] = accounts.numbers([key(Purpose.BANK)]).values()

    def close():
        with transaction.atomic():
            raw.close(number, clock.now())
            closed.set()
            raw.wait_for_somebody_who_waits()

    def sell():
        assert closed.wait(30)
        with transaction.atomic():
            raw.legs(raw.transaction(), {number: -5, bank: 5}, available_at=clock.now() - DAY)

    ended = together([close, sell])
    assert ended[0] is None
    assert raw.rule_of(ended[1]) == "ledger_open_period"


def test_a_posting_waits_for_a_close_that_is_under_way_and_is_dated_after_it(merchant):
    closed, upto = Event(), clock.now()

    def close():
        with transaction.atomic():
            raw.close(raw.number_of(merchant), upto)
            closed.set()
            raw.wait_for_somebody_who_waits()

    def sell():
        assert closed.wait(30)
        with transaction.atomic():
            return posting.post(sold(merchant, 5, occurred_at=upto - DAY))

    _, late = together([close, sell])
    leg = Entry.objects.get(transaction=late, account__purpose="merchant")
    assert leg.available_at == upto + MICROSECOND


def test_sales_and_closes_at_once_miss_nothing():
    merchants, closed = [key() for _ in range(5)], Event()

    def sell(merchant):
        def job():
            sales = 0
            while not closed.is_set():
                with transaction.atomic():
                    posting.post(sold(merchant, 7, fee=1))
                sales += 1
            return sales

        return job

    def close():
        count = 0
        while count < 50:
            count += closes.close_due(clock.now()).closed
        closed.set()

    *sales, _ = together([*(sell(merchant) for merchant in merchants), close])
    assert [balances.of(merchant).available.amount for merchant in merchants] == [
        6 * count for count in sales
    ]
    assert Close.objects.count() >= 50
    assert [finding for finding in auditor.audit(INVARIANTS) if not finding.holds] == []


def test_closers_of_the_same_accounts_share_the_work(merchant):
    upto = clock.now()
    ended = together([lambda: closes.close([raw.number_of(merchant)], upto)] * 4)
    assert sum(result.closed for result in ended) == 1
