"""The tunnel through which every write to the ledger goes."""

from datetime import timedelta

import pytest
from django.db import connection, transaction

from kernel import clock, ids
from kernel.books import Book
from ledger import accounts, balances, closes, posting
from ledger.errors import AlreadyPosted, Malformed
from ledger.legs import Leg
from ledger.models import Account, Entry, Transaction
from ledger.purposes import Purpose
from tests.factories.ledger import PostingFactory, key, moved, sold

pytestmark = pytest.mark.django_db


def test_a_posting_is_written_with_its_legs():
    merchant = key()
    number = posting.post(sold(merchant, 1000, fee=30))
    assert [entry.amount for entry in Entry.objects.filter(transaction=number).order_by("id")] == [
        1000,
        -1000,
        30,
        -30,
    ]


def test_a_posting_keeps_who_what_and_when():
    said = sold(key(), 5, facts={"order": "ord_1"})
    row = Transaction.objects.get(pk=posting.post(said))
    assert (row.reference, row.kind, (row.subject_type, row.subject_id)) == (
        said.reference,
        said.kind,
        said.subject,
    )
    assert (row.occurred_at, row.actor_kind, row.actor_id, row.book, row.facts) == (
        said.occurred_at,
        "system",
        None,
        "live",
        {"order": "ord_1"},
    )


def test_many_postings_come_back_in_order():
    postings = [sold(key(), amount) for amount in (1, 2, 3)]
    numbers = posting.post_many(postings)
    references = dict(Transaction.objects.values_list("id", "reference"))
    assert [references[number] for number in numbers] == [one.reference for one in postings]


def test_many_postings_take_as_many_statements_as_one(django_assert_max_num_queries):
    shared = key(Purpose.BANK), key()
    posting.post(moved(*shared, 1))
    with django_assert_max_num_queries(0):  # the driver's own cursor is used, past Django's
        posting.post_many([moved(*shared, 1) for _ in range(20)])
    assert Transaction.objects.count() == 21


def test_nothing_is_posted_for_no_postings():
    assert posting.post_many([]) == []


@pytest.mark.django_db(transaction=True)
def test_a_posting_needs_the_callers_transaction():
    with pytest.raises(transaction.TransactionManagementError):
        posting.post(sold(key(), 1))
    assert not Transaction.objects.exists()


@pytest.mark.parametrize(
    "legs",
    [
        [],
        [Leg(key(), 5)],
        [Leg(key(), 5), Leg(key(), -4)],
        [Leg(key(), 5), Leg(key(currency="USD"), -5)],
        [Leg(key(), 5), Leg(key(), -5), Leg(key(), 0)],
        [Leg(key(), 5), Leg(key(book=Book.SANDBOX), -5)],
    ],
    ids=["no legs", "one leg", "not in balance", "two currencies", "a leg of nothing", "two books"],
)
def test_what_is_no_posting_is_refused_before_it_is_written(legs):
    with pytest.raises(Malformed):
        posting.post(PostingFactory(legs=legs))
    assert not Account.objects.exists()


def test_two_currencies_balance_each_for_itself():
    legs = [
        Leg(key(), 700),
        Leg(key(Purpose.FX), -700),
        Leg(key(Purpose.FX, currency="USD"), 100),
        Leg(key(currency="USD"), -100),
    ]
    posting.post(PostingFactory(legs=legs))
    assert Entry.objects.count() == 4


def test_a_reference_that_is_taken_is_refused_and_the_caller_goes_on():
    posting.post(sold(key(), 5, reference="once"))
    with pytest.raises(AlreadyPosted) as refusal:
        posting.post(sold(key(), 5, reference="once"))
    assert refusal.value.context == {"references": ["once"]}
    assert Transaction.objects.count() == 1
    posting.post(sold(key(), 5))


def test_of_many_postings_with_one_taken_none_stays():
    posting.post(sold(key(), 5, reference="once"))
    with pytest.raises(AlreadyPosted), transaction.atomic():
        posting.post_many([sold(key(), 5), sold(key(), 5, reference="once")])
    assert Transaction.objects.count() == 1


def test_a_caller_who_ignores_that_one_of_many_was_taken_cannot_commit():
    posting.post(sold(key(), 5, reference="once"))
    with transaction.atomic():
        with pytest.raises(AlreadyPosted):
            posting.post_many([sold(key(), 5), sold(key(), 5, reference="once")])
        with pytest.raises(transaction.TransactionManagementError):
            posting.post(sold(key(), 5))
    assert Transaction.objects.count() == 1


def test_the_same_reference_twice_in_one_call_is_refused():
    with pytest.raises(AlreadyPosted), transaction.atomic():
        posting.post_many([sold(key(), 5, reference="once"), sold(key(), 5, reference="once")])
    assert not Transaction.objects.exists()


def test_a_leg_counts_when_the_transaction_occurs():
    said = sold(key(), 5, occurred_at=clock.now() - timedelta(days=3))
    posting.post(said)
    assert set(Entry.objects.values_list("available_at", flat=True)) == {said.occurred_at}


def test_a_leg_counts_when_it_is_wanted():
    merchant, tomorrow = key(), clock.now() + timedelta(days=1)
    posting.post(sold(merchant, 5, tomorrow))
    assert Entry.objects.get(account__purpose="merchant").available_at == tomorrow


@pytest.mark.django_db(transaction=True)
def test_a_late_sale_counts_just_after_the_last_close():
    merchant = key()
    with transaction.atomic():
        posting.post(sold(merchant, 5))
    upto = clock.now()
    closes.close(list(accounts.existing([merchant]).values()), upto)
    with transaction.atomic():
        late = posting.post(sold(merchant, 7, occurred_at=upto - timedelta(days=2)))
    dates = dict(Entry.objects.filter(transaction=late).values_list("account__purpose", "available_at"))
    assert dates == {
        "merchant": upto + timedelta(microseconds=1),
        "channel_receivable": upto - timedelta(days=2),
    }


@pytest.mark.django_db(transaction=True)
def test_a_posting_that_is_rolled_back_leaves_nothing():
    merchant = key()
    with pytest.raises(KeyError), transaction.atomic():
        posting.post(sold(merchant, 5))
        raise KeyError
    assert not Account.objects.exists()
    with transaction.atomic():
        posting.post(sold(merchant, 6))
    assert balances.of(merchant).available.amount == 6


@pytest.mark.django_db(transaction=True)
def test_an_account_that_vanished_from_under_the_process_is_looked_up_again():
    merchant = key()
    for _ in range(2):  # opened, then remembered
        with transaction.atomic():
            posting.post(sold(merchant, 5))
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("DELETE FROM ledger_entry; DELETE FROM ledger_account")
        cursor.execute("SET session_replication_role = origin")
    with pytest.raises(Malformed), transaction.atomic():
        posting.post(sold(merchant, 5))
    with transaction.atomic():
        posting.post(sold(merchant, 8))
    assert balances.of(merchant).available.amount == 8


def test_a_twin_posts_ahead_of_the_server():
    merchant = key(book=Book.SANDBOX)
    ahead = clock.now() + timedelta(days=40)
    posting.post(sold(merchant, 5, occurred_at=ahead))
    assert balances.of(merchant).available.amount == 0
    assert balances.of(merchant, at=ahead).available.amount == 5


def test_ids_of_transactions_are_names_that_sort_by_time():
    first, second = posting.post(sold(key(), 5)), posting.post(sold(key(), 5))
    assert first.version == second.version == 7
    assert first < second < ids.new()
