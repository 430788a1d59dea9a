"""Keys of accounts and their numbers."""

import pytest
from django.db import IntegrityError, transaction

from kernel import ids
from kernel.books import Book
from ledger import accounts, balances, posting
from ledger.models import Account
from ledger.purposes import DEBIT_NORMAL, OF_A_STORE, OwnerKind, Purpose, normal
from tests.factories.ledger import key, sold
from tests.ledger import raw
from tests.ledger.threads import together

pytestmark = pytest.mark.django_db


def test_an_account_is_opened_once():
    merchant = key()
    assert accounts.numbers([merchant]) == accounts.numbers([merchant, merchant])
    assert Account.objects.count() == 1


def test_the_platforms_account_is_opened_once():
    for _ in range(2):
        accounts.numbers([key(Purpose.PLATFORM_FEE)])
    assert Account.objects.count() == 1


def test_what_differs_in_any_part_of_its_key_is_another_account():
    merchant = key()
    others = [
        merchant,
        key(owner=merchant.owner_id, currency="USD"),
        key(owner=merchant.owner_id, book=Book.SANDBOX),
        key(Purpose.ESCROW, merchant.owner_id),
        key(owner=ids.new()),
        key(owner=merchant.owner_id, owner_kind=OwnerKind.BUYER),
        key(Purpose.POINTS, merchant.owner_id, store_id=ids.new()),
        key(Purpose.POINTS, merchant.owner_id, store_id=ids.new()),
    ]
    assert len(set(accounts.numbers(others).values())) == len(others)


def test_looking_for_accounts_opens_none():
    assert accounts.existing([key()]) == {}
    assert not Account.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_an_account_that_was_rolled_back_is_not_remembered():
    merchant = key()
    with pytest.raises(KeyError), transaction.atomic():
        accounts.numbers([merchant])
        accounts.numbers([merchant])
        raise KeyError
    with transaction.atomic():
        posting.post(sold(merchant, 5))
    assert balances.of(merchant).available.amount == 5


@pytest.mark.django_db(transaction=True)
def test_an_account_that_was_rolled_back_to_a_savepoint_is_not_remembered():
    merchant = key()
    with transaction.atomic():
        with pytest.raises(KeyError), transaction.atomic():
            accounts.numbers([merchant])
            accounts.numbers([merchant])
            raise KeyError
        posting.post(sold(merchant, 5))
    assert balances.of(merchant).available.amount == 5


@pytest.mark.django_db(transaction=True)
def test_a_committed_account_is_remembered():
    merchant = key()
    with transaction.atomic():
        number = accounts.numbers([merchant])
    accounts.existing([merchant])
    raw.run("ALTER TABLE ledger_account RENAME TO ledger_account_away")
    assert accounts.existing([merchant]) == number


@pytest.mark.django_db(transaction=True)
def test_threads_that_open_the_same_accounts_in_any_order_do_not_deadlock():
    keys = [key() for _ in range(300)]

    def open_them(order):
        def job():
            with transaction.atomic():
                return accounts.numbers(order)

        return job

    ended = together([open_them(keys), open_them(keys[::-1])] * 4)
    assert all(one == ended[0] for one in ended)
    assert Account.objects.count() == len(keys)


@pytest.mark.parametrize("purpose", Purpose)
def test_an_account_stands_on_the_side_of_its_purpose(purpose):
    accounts.numbers([key(purpose)])
    assert Account.objects.get().normal == normal(purpose) == (1 if purpose in DEBIT_NORMAL else -1)


@pytest.mark.parametrize(
    ("rule", "field", "value"),
    [
        ("ledger_account_normal", "normal", 1),
        ("ledger_account_purpose", "purpose", "pocket"),
        ("ledger_account_book", "book", "fiction"),
        ("ledger_account_owner_kind", "owner_kind", "nobody"),
        ("ledger_account_owner", "owner_id", None),
        ("ledger_account_store", "store_id", ids.new()),
        ("ledger_account_store", "purpose", "points"),
    ],
)
def test_the_database_knows_what_an_account_is(rule, field, value):
    row = {
        "id": 1,
        "owner_kind": "merchant",
        "owner_id": ids.new(),
        "purpose": "merchant",
        "currency": "CNY",
        "book": "live",
        "store_id": None,
        "normal": -1,
    }
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        raw.insert("ledger_account", [row | {field: value}])
    assert raw.rule_of(refusal.value) == rule
    raw.insert("ledger_account", [row])


def test_the_platform_has_one_account_of_a_kind_for_the_database_too():
    row = {"owner_kind": "platform", "owner_id": None, "purpose": "bank", "currency": "CNY", "book": "live"}
    raw.insert("ledger_account", [row | {"id": 1, "normal": 1}])
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        raw.insert("ledger_account", [row | {"id": 2, "normal": 1}])
    assert raw.rule_of(refusal.value) == "ledger_account_key"


def test_what_buyers_spend_in_a_store_is_theirs_and_the_stores():
    assert {Purpose.POINTS, Purpose.BUYER_BALANCE} <= OF_A_STORE
