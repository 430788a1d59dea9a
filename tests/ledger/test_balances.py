"""What an account holds, and its lines."""

from datetime import timedelta

import pytest
from django.db import transaction

from kernel import clock
from kernel.books import Book
from kernel.errors import NotFound
from kernel.money import Money
from ledger import accounts, balances, closes, posting
from ledger.balances import Balance
from ledger.purposes import OwnerKind, Purpose
from tests.factories.ledger import key, moved, paid_out, sold

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def yuan(amount):
    return Money(amount, "CNY")


def test_an_account_that_was_never_used_holds_nothing():
    assert balances.of(key()) == Balance(yuan(0), yuan(0))


def test_what_is_owed_to_a_merchant_is_positive():
    merchant = key()
    posting.post(sold(merchant, 1000, fee=30))
    assert balances.of(merchant).available == yuan(970)


def test_what_a_channel_owes_is_positive():
    receivable = key(Purpose.CHANNEL_RECEIVABLE, owner_kind=OwnerKind.CHANNEL_ACCOUNT)
    posting.post(moved(receivable, key(), 1000))
    assert balances.of(receivable).available == yuan(1000)


def test_pending_money_is_apart_until_its_time():
    merchant, tomorrow = key(), clock.now() + DAY
    posting.post(sold(merchant, 1000, tomorrow))
    assert balances.of(merchant) == Balance(yuan(0), yuan(1000))
    assert balances.of(merchant, at=tomorrow) == Balance(yuan(1000), yuan(0))


def test_a_balance_of_the_past_is_what_was_then():
    merchant, now = key(), clock.now()
    posting.post(sold(merchant, 1000, now - 2 * DAY))
    posting.post(sold(merchant, 500, now))
    assert balances.of(merchant, at=now - DAY) == Balance(yuan(1000), yuan(500))


@pytest.mark.django_db(transaction=True)
def test_a_balance_stands_on_the_last_close_before_it():
    merchant, now = key(), clock.now()
    with transaction.atomic():
        posting.post_many(
            [sold(merchant, amount, now - back * DAY) for amount, back in ((1, 9), (20, 6), (300, 3))]
        )
    for back in (8, 5, 2):
        closes.close(list(accounts.existing([merchant]).values()), now - back * DAY)
    assert [balances.of(merchant, at=now - back * DAY).available.amount for back in (10, 9, 7, 4, 1)] == [
        0,
        1,
        1,
        21,
        321,
    ]


def test_many_balances_take_one_statement(django_assert_num_queries):
    merchants = [key() for _ in range(5)]
    posting.post_many([sold(merchant, 10 + place) for place, merchant in enumerate(merchants)])
    with django_assert_num_queries(1):
        found = balances.of_many(merchants)
    assert [found[merchant].available.amount for merchant in merchants] == [10, 11, 12, 13, 14]


def test_the_accounts_of_an_owner_are_found():
    merchant = key()
    posting.post(sold(merchant, 1000))
    posting.post(paid_out(merchant, 10))
    posting.post(sold(key(owner=merchant.owner_id, currency="USD"), 5))
    found = balances.keys_of(OwnerKind.MERCHANT, merchant.owner_id, Book.LIVE)
    assert [(one.purpose, one.currency) for one in found] == [
        ("merchant", "CNY"),
        ("merchant", "USD"),
        ("payout_transit", "CNY"),
    ]
    assert balances.keys_of(OwnerKind.MERCHANT, merchant.owner_id, Book.SANDBOX) == []


def test_the_platforms_own_accounts_are_found():
    posting.post(moved(key(Purpose.BANK), key(Purpose.PLATFORM_FEE), 5))
    assert [one.purpose for one in balances.keys_of(OwnerKind.PLATFORM, None, Book.LIVE)] == [
        "bank",
        "platform_fee",
    ]


def test_pending_money_is_told_by_date():
    merchant, now = key(), clock.now()
    posting.post_many(
        [sold(merchant, amount, now + days * DAY) for amount, days in ((5, 2), (7, 1), (11, 2), (13, 0))]
    )
    assert balances.pending(merchant, at=now) == [(now + DAY, yuan(7)), (now + 2 * DAY, yuan(16))]


def test_a_line_names_its_reason_and_its_dates():
    merchant, tomorrow = key(), clock.now() + DAY
    said = sold(merchant, 1000, tomorrow)
    number = posting.post(said)
    [line] = balances.lines(merchant).lines
    assert (line.transaction_id, line.reference, line.kind, line.subject) == (
        number,
        said.reference,
        "payment.captured",
        said.subject,
    )
    assert (line.occurred_at, line.available_at) == (said.occurred_at, tomorrow)
    assert (line.amount, line.balance) == (yuan(1000), yuan(1000))


def test_lines_run_from_the_newest_with_the_balance_after_each():
    merchant, now = key(), clock.now()
    posting.post_many(
        [sold(merchant, amount, now + place * DAY) for place, amount in enumerate((1, 20, 300))]
    )
    shown = balances.lines(merchant).lines
    assert [(line.amount.amount, line.balance.amount) for line in shown] == [(300, 321), (20, 21), (1, 1)]


def every_page(merchant, limit):
    cursor, pages = "", []
    while True:
        page = balances.lines(merchant, cursor=cursor, limit=limit)
        pages.append(page.lines)
        cursor = page.cursor
        if not cursor:
            return pages


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 200])
def test_pages_together_are_all_lines_once(limit):
    merchant, tomorrow = key(), clock.now() + DAY
    posting.post_many([sold(merchant, amount, tomorrow) for amount in range(1, 8)])
    pages = every_page(merchant, limit)
    shown = [line for page in pages for line in page]
    assert [line.amount.amount for line in shown] == [7, 6, 5, 4, 3, 2, 1]
    assert [line.balance.amount for line in shown] == [28, 21, 15, 10, 6, 3, 1]
    assert max(len(page) for page in pages) == min(limit, 7)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("limit", [1, 2, 5])
def test_running_balances_are_the_same_over_closes(limit):
    merchant, now = key(), clock.now()
    with transaction.atomic():
        posting.post_many([sold(merchant, back, now - back * DAY) for back in range(1, 6)])
    before = every_page(merchant, limit)
    for back in (4, 2):
        closes.close(list(accounts.existing([merchant]).values()), now - back * DAY)
    assert every_page(merchant, limit) == before


def test_the_last_line_stands_at_everything_that_will_be_there():
    merchant = key()
    posting.post_many([sold(merchant, 1000), sold(merchant, 500, clock.now() + DAY)])
    balance = balances.of(merchant)
    assert balances.lines(merchant).lines[0].balance == balance.available + balance.pending


def test_an_account_that_was_never_used_has_no_lines():
    assert balances.lines(key()) == balances.Lines([], "")


def test_a_page_is_bounded():
    merchant = key()
    posting.post_many([sold(merchant, 1) for _ in range(balances.LINES_AT_MOST + 1)])
    assert len(balances.lines(merchant, limit=10_000).lines) == balances.LINES_AT_MOST


@pytest.mark.parametrize("cursor", ["x", "1", "1.x", f"{10**40}.{32 * '0'}"])
def test_a_cursor_that_no_page_gave_is_not_found(cursor):
    with pytest.raises(NotFound):
        balances.lines(key(), cursor=cursor)
