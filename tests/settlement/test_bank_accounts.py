"""Where a merchant is paid: added by one, confirmed by another, never edited."""

import pytest

from kernel.actors import SYSTEM, Actor, ActorKind
from kernel.errors import NotFound
from kernel.machine import IllegalMove
from outbox.models import Event
from settlement.errors import BadBankAccount, NotAnOperator, ReasonMissing, SamePerson
from settlement.models import BankAccount
from settlement.services import bank_accounts
from tests.factories import settlement as make
from tests.factories.merchants import MerchantFactory, UserFactory

pytestmark = pytest.mark.django_db


def member() -> Actor:
    return Actor(ActorKind.MEMBER, UserFactory.create().pk)


def add(actor: Actor = SYSTEM, merchant=None, **changes: str) -> BankAccount:
    particulars = {"holder": "晨光数码", "bank": "工商银行", "number": "6222 0000-0000 0001", **changes}
    return bank_accounts.add(
        merchant or MerchantFactory.create(), particulars.pop("currency", "CNY"), actor=actor, **particulars
    )


def test_the_number_is_sealed_and_shown_by_its_last_digits():
    account = add()
    assert (account.last_four, account.masked, account.holder) == ("0001", "···· 0001", "晨光数码")
    assert bank_accounts.number_of(account) == "6222000000000001"
    stored = BankAccount.objects.filter(pk=account.pk).values()[0]
    assert b"6222000000000001" not in bytes(stored["number_sealed"])
    assert "晨光数码".encode() not in bytes(stored["holder_sealed"])


def test_a_new_account_waits_until_an_operator_confirms_it():
    account = add(member())
    assert bank_accounts.active(account.merchant_id, "CNY") is None
    confirmed = bank_accounts.confirm(account, actor=make.operator(), reason="The document fits.")
    assert bank_accounts.active(account.merchant_id, "CNY") == confirmed


def test_confirming_another_retires_the_one_before():
    merchant = MerchantFactory.create()
    first, second = add(merchant=merchant), add(merchant=merchant, number="6222000000000002")
    for account in (first, second):
        bank_accounts.confirm(account, actor=make.operator(), reason="The document fits.")
    assert list(BankAccount.objects.order_by("id").values_list("state", flat=True)) == ["retired", "active"]
    told = Event.objects.filter(subject_kind="bank_account").order_by("id").values_list("topic", flat=True)
    assert list(told) == [
        "bank_account.added",
        "bank_account.added",
        "bank_account.confirmed",
        "bank_account.retired",
        "bank_account.confirmed",
    ]


def test_currencies_have_accounts_of_their_own():
    merchant = MerchantFactory.create()
    for currency in ("CNY", "USD"):
        account = add(merchant=merchant, currency=currency)
        bank_accounts.confirm(account, actor=make.operator(), reason="The document fits.")
    assert BankAccount.objects.filter(state="active").count() == 2


def test_who_added_an_account_does_not_confirm_it():
    operator = make.operator()
    account = add(operator)
    with pytest.raises(SamePerson):
        bank_accounts.confirm(account, actor=operator, reason="The document fits.")


def test_only_an_operator_with_a_reason_confirms():
    account = add()
    with pytest.raises(NotAnOperator):
        bank_accounts.confirm(account, actor=member(), reason="The document fits.")
    with pytest.raises(ReasonMissing):
        bank_accounts.confirm(account, actor=make.operator(), reason=" ")


def test_the_same_account_sent_twice_is_one():
    merchant, by = MerchantFactory.create(), member()
    assert add(by, merchant).pk == add(by, merchant).pk
    assert add(by, merchant, number="6222000000000003").pk != add(by, merchant).pk


def test_what_is_retired_stays_so():
    account = bank_accounts.retire(add(), actor=SYSTEM, reason="Closed.")
    with pytest.raises(IllegalMove):
        bank_accounts.confirm(account, actor=make.operator(), reason="The document fits.")


@pytest.mark.parametrize(
    "changes",
    [
        {"number": "12345"},
        {"number": "6222;DROP"},
        {"number": "6" * 35},
        {"holder": " "},
        {"holder": "x" * 121},
        {"bank": ""},
        {"currency": "yuan"},
    ],
)
def test_particulars_that_are_no_account_are_refused(changes):
    with pytest.raises(BadBankAccount):
        add(**changes)
    assert not BankAccount.objects.exists()


def test_an_account_that_is_not_there_is_not_found():
    with pytest.raises(NotFound):
        bank_accounts.retire(BankAccount(), actor=SYSTEM, reason="Closed.")
