"""Money moved in time."""

from datetime import timedelta

import pytest
from django.db import transaction

from kernel import clock, ids
from kernel.actors import SYSTEM
from kernel.money import Money
from ledger import accounts, balances, closes, posting, redating
from ledger.errors import BalanceTooLow, Malformed
from ledger.models import Entry
from ledger.purposes import Purpose
from tests.factories.ledger import key, moved, paid_out, sold

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def move(account, amount, old, new, guarded=False):
    return redating.move(
        account,
        Money(amount, account.currency),
        old=old,
        new=new,
        reference=f"move:{ids.new()}",
        kind="test.redated",
        subject=("test", ids.new()),
        occurred_at=clock.now(),
        actor=SYSTEM,
        guarded=guarded,
    )


def test_a_fast_lane_brings_money_forward():
    merchant, now = key(), clock.now()
    posting.post(sold(merchant, 1000, now + 3 * DAY))
    posting.post(move(merchant, 600, now + 3 * DAY, now))
    at = clock.now()
    assert balances.of(merchant, at=at) == balances.Balance(Money(600, "CNY"), Money(400, "CNY"))
    assert balances.of(merchant, at=now + 3 * DAY).available == Money(1000, "CNY")


def test_a_hold_puts_money_off():
    merchant, now = key(), clock.now()
    posting.post(sold(merchant, 1000, now))
    posting.post(move(merchant, 1000, now, now + 7 * DAY))
    at = clock.now()
    assert balances.of(merchant, at=at) == balances.Balance(Money(0, "CNY"), Money(1000, "CNY"))


def test_an_account_that_stands_on_debits_is_moved_alike():
    bank, now = key(Purpose.BANK), clock.now()
    posting.post(moved(bank, key(Purpose.SUSPENSE), 100, occurred_at=now))
    posting.post(move(bank, 40, now, now + DAY))
    at = clock.now()
    assert balances.of(bank, at=at) == balances.Balance(Money(60, "CNY"), Money(40, "CNY"))


@pytest.mark.django_db(transaction=True)
def test_a_hold_on_a_closed_period_starts_just_after_it():
    merchant, now = key(), clock.now()
    with transaction.atomic():
        posting.post(sold(merchant, 1000, now - DAY))
    closes.close(list(accounts.existing([merchant]).values()), now)
    with transaction.atomic():
        number = posting.post(move(merchant, 1000, now - DAY, now + DAY))
    dates = (
        Entry.objects.filter(transaction=number)
        .order_by("available_at")
        .values_list("available_at", "amount")
    )
    assert list(dates) == [(now + timedelta(microseconds=1), 1000), (now + DAY, -1000)]


def test_a_guarded_hold_is_refused_where_the_money_was_spent():
    merchant, now = key(), clock.now()
    posting.post(sold(merchant, 1000, now))
    posting.post(paid_out(merchant, 500))
    with pytest.raises(BalanceTooLow):
        posting.post(move(merchant, 501, now, now + DAY, guarded=True))
    posting.post(move(merchant, 500, now, now + DAY, guarded=True))


@pytest.mark.parametrize("amount", [0, -5])
def test_only_an_amount_above_zero_is_moved(amount):
    with pytest.raises(Malformed):
        move(key(), amount, clock.now(), clock.now() + DAY)


def test_only_an_amount_in_the_accounts_currency_is_moved():
    with pytest.raises(Malformed):
        redating.move(
            key(),
            Money(5, "USD"),
            old=clock.now(),
            new=clock.now(),
            reference="x",
            kind="x",
            subject=("x", ids.new()),
            occurred_at=clock.now(),
            actor=SYSTEM,
        )
