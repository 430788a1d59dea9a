"""What the database refuses of single legs: wrong currency, book, store or time. Raw SQL throughout."""

import pytest
from django.db import transaction

from kernel import clock, ids
from kernel.books import Book
from ledger import accounts, closes, posting
from ledger.purposes import Purpose
from tests.factories.ledger import key, moved
from tests.ledger import raw

pytestmark = pytest.mark.django_db(transaction=True)


def test_legs_in_a_currency_that_is_not_the_accounts_are_refused(pair):
    raw.refused(
        "ledger_entry_account",
        lambda: raw.legs(raw.transaction(), {pair[0]: 5, pair[1]: -5}, currency="USD"),
    )


def test_legs_in_a_book_that_is_not_the_accounts_are_refused(pair):
    raw.refused(
        "ledger_entry_account",
        lambda: raw.legs(raw.transaction(book="sandbox"), {pair[0]: 5, pair[1]: -5}, book="sandbox"),
    )


def test_legs_in_a_book_that_is_not_the_transactions_are_refused(pair):
    raw.refused("ledger_book", lambda: raw.legs(raw.transaction(book="sandbox"), {pair[0]: 5, pair[1]: -5}))


def test_legs_of_two_books_are_refused():
    mixed = list(accounts.numbers([key(), key(book=Book.SANDBOX)]).values())

    def insert():
        number = raw.transaction()
        rows = [raw.leg(number, mixed[0], 5), raw.leg(number, mixed[1], -5) | {"book": "sandbox"}]
        raw.insert("ledger_entry", rows)

    raw.refused("ledger_book", insert)


def test_a_reference_is_unique_for_the_database_too(pair):
    def insert():
        for _ in range(2):
            raw.legs(raw.transaction(reference="once"), {pair[0]: 5, pair[1]: -5})

    raw.refused("ledger_transaction_reference", insert)


def test_points_of_two_stores_in_one_transaction_are_refused():
    points = list(accounts.numbers([key(Purpose.POINTS), key(Purpose.POINTS)]).values())
    raw.refused("ledger_one_store", lambda: raw.legs(raw.transaction(), {points[0]: 5, points[1]: -5}))


def test_points_of_one_store_in_one_transaction_are_taken():
    store = ids.new()
    with transaction.atomic():
        posting.post(
            moved(key(Purpose.POINTS_ISSUED, store_id=store), key(Purpose.POINTS, store_id=store), 5)
        )


def test_two_stores_in_two_transactions_of_one_batch_are_taken():
    stores = ids.new(), ids.new()
    with transaction.atomic():
        posting.post_many(
            [
                moved(key(Purpose.POINTS_ISSUED, store_id=store), key(Purpose.POINTS, store_id=store), 5)
                for store in stores
            ]
        )


def test_a_leg_in_a_closed_period_is_refused(old, pair):
    upto = clock.now()
    closes.close(pair, upto)
    raw.refused(
        "ledger_open_period",
        lambda: raw.legs(raw.transaction(), {pair[0]: 5, pair[1]: -5}, available_at=upto),
    )


@pytest.mark.parametrize("moment", ["infinity", "-infinity"])
def test_a_leg_has_a_time(pair, moment):
    raw.refused(
        "ledger_entry_finite",
        lambda: raw.legs(raw.transaction(), {pair[0]: 5, pair[1]: -5}, available_at=moment),
    )
