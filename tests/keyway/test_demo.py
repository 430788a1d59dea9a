"""The demo that a new installation starts with."""

from collections import Counter
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from audit.models import AuditRow
from kernel.books import Book
from keyway.demo import people
from keyway.operators import today
from ledger import auditor
from merchants.models import CouponCode, Merchant, StockItem, Store, User
from merchants.sign_in import factors
from merchants.states import SettlementMode
from payments.models import ChannelAccount, Order, Payment, Refund
from payments.sandbox.models import StripeCard
from payments.services import accounts
from payments.subscriptions.models import Mandate, RecurringChange, Subscription
from payments.subscriptions.states import RecurringKind
from settlement import rails, schedules
from settlement.models import RailAccount
from settlement.services import bank_accounts, permits, rail_accounts
from tests.merchants.people import browser, try_password

pytestmark = pytest.mark.django_db


def sow() -> str:
    out = StringIO()
    call_command("seed_demo", stdout=out)
    return out.getvalue()


@pytest.fixture(scope="module")
def first(django_db_setup: None, django_db_blocker: Any) -> Iterator[str]:
    """The demo, sown once for all tests here, and what its seed said. Each test's own changes are undone."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield sow()
        transaction.set_rollback(True)


def rows() -> list[int]:
    return [
        model.objects.count() for model in (User, Merchant, Store, StockItem, ChannelAccount, Order, Payment)
    ]


# Before any of the others: with it the demo is sown.
def test_production_is_not_sown(settings: Any):
    settings.KEYWAY_STAGE = "production"
    with pytest.raises(CommandError):
        sow()
    assert not User.objects.exists()


def test_it_is_what_the_contract_says(first: str):
    live = Merchant.objects.live()
    assert (live.count(), Merchant.objects.sandbox().count()) == (2, 2)
    assert {merchant.settlement_mode for merchant in live} == {SettlementMode.PLATFORM_PAYOUT}
    assert all(merchant.licence.demo for merchant in live)
    assert Store.objects.filter(book=Book.LIVE).count() == 3
    assert StockItem.objects.count() == 10_000


def test_its_orders_are_in_every_state_that_an_order_is_in_at_an_ordinary_hour(first: str):
    single = Order.objects.filter(subscription_id__isnull=True)
    states = Counter(single.values_list("payment_state", "fulfilment"))
    assert states == {
        ("paid", "delivered"): 13,
        ("paid", "held"): 1,
        ("expired", "none"): 1,
        ("pending", "none"): 2,
    }
    assert Refund.objects.get().state == "requested"


def test_its_club_has_members_in_every_state(first: str):
    members = Subscription.objects.all()
    states = set(members.values_list("state", flat=True))
    assert states == {"trialing", "active", "past_due", "paused", "ended"}
    assert set(members.filter(state="ended").values_list("end_reason", flat=True)) == {"cancelled", "unpaid"}
    assert members.filter(state="active", cancel_at_end=True).exists()


def test_its_recurring_revenue_has_moved_in_every_way(first: str):
    assert set(RecurringChange.objects.values_list("kind", flat=True)) == set(RecurringKind)


def test_the_cards_that_its_members_keep_are_known_at_the_sandbox(first: str):
    kept = Mandate.objects.filter(state="active").values_list("handle", flat=True)
    assert set(kept) == {f"{card.customer}:{card.pk}" for card in StripeCard.objects.filter(is_attached=True)}


def test_its_trade_is_of_a_week(first: str):
    assert sum(bool(day.paid) for day in today.read().week) >= 5


def test_every_sale_bears_the_fee_of_its_merchants_plan(first: str):
    paid = Payment.objects.filter(state="succeeded")
    assert not paid.filter(platform_fee=0).exists()


def test_its_books_are_right(first: str):
    assert [each.code for each in auditor.invariants() if not auditor.check(each).holds] == []


def test_every_twins_store_is_named_so(first: str):
    names = Store.objects.filter(book=Book.SANDBOX).values_list("slug", flat=True)
    assert sorted(names) == ["dawn-games-test", "dawn-test", "northshore-test"]


def test_a_twins_store_takes_the_code_of_the_store_that_it_is_of(first: str):
    codes = CouponCode.objects.filter(merchant__twin_of__isnull=False).values_list("code", flat=True)
    assert sorted(codes) == ["DAWN10", "NORTH10", "STAR10"]


def test_every_account_points_at_the_sandbox(first: str, settings: Any):
    gateways = set(ChannelAccount.objects.values_list("gateway", flat=True))
    assert gateways == {f"{settings.KEYWAY_SANDBOX_URL}/{path}" for path in ("gateway.do", "stripe")}


def test_sowing_again_leads_the_accounts_to_where_the_sandbox_listens_now(first: str, settings: Any):
    account = ChannelAccount.objects.order_by("id")[0]
    settings.KEYWAY_SANDBOX_URL = "http://127.0.0.1:19001"
    sow()
    assert accounts.till(account.pk).account.gateway == "http://127.0.0.1:19001/gateway.do"
    assert AuditRow.objects.filter(action="channel_account.moved").count() == 8


def test_sowing_again_changes_nothing(first: str):
    before = rows()
    sow()
    assert rows() == before


def test_the_sign_ins_that_it_prints_work(first: str):
    for person in (*people.OPERATORS, *people.DAWN_TEAM, *people.NORTHSHORE_TEAM):
        user = User.objects.get(email=person.email)
        client = browser()
        assert person.email in first
        assert try_password(client, person.email, people.PASSWORD)["Location"] == "/account/security/code/"
        answer = client.post("/account/security/code/", {"code": factors.code_now(user)})
        assert answer["Location"] == "/m/"


def test_its_merchants_and_their_twins_can_be_paid_out(first: str):
    for merchant in Merchant.objects.all():
        account = bank_accounts.active(merchant.pk, "CNY")
        assert account is not None and permits.is_permitted(merchant)
        assert schedules.of(merchant.pk).least("CNY") == 1_000
        rails.rail("bank").check(rail_accounts.opened(rail_accounts.in_use(Book(merchant.book)).pk))


def test_sown_again_elsewhere_the_bank_is_found_where_the_sandbox_listens(first: str, settings: Any):
    settings.KEYWAY_SANDBOX_URL = "http://127.0.0.1:19001"
    sow()
    gateways = RailAccount.objects.values_list("gateway", flat=True)
    assert list(gateways) == ["http://127.0.0.1:19001/bank"] * 2
