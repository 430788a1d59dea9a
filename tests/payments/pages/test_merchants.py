"""A merchant's own pages about its sales: home, orders, one order, balance."""

import time
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY
from django.test import Client

from audit.models import AuditRow
from kernel.money import Money
from payments import dispute_postings, postings, sales
from payments.models import Order, Refund
from payments.pages.merchants_balance import reason_of
from payments.states import PaymentState
from settlement import postings as payout_postings
from settlement.fees import SaleFees
from tests.factories import payments as make
from tests.factories import settlement as bank
from tests.factories.merchants import MemberFactory, stocked
from tests.merchants.people import signed_in
from tests.payments.channels import alipay_world as alipay

pytestmark = pytest.mark.django_db

# Money that moves between the platform, its channels and its bank; no line of a merchant's balance.
ELSEWHERE = {
    postings.SENT,
    postings.RETURNED,
    dispute_postings.GONE,
    payout_postings.PAID,
    payout_postings.BOUNCED,
}
KINDS = {
    value
    for module in (postings, dispute_postings, payout_postings)
    for name, value in vars(module).items()
    if name.isupper() and isinstance(value, str)
} - ELSEWHERE


@pytest.fixture
def client(shop: make.Shop) -> Client:
    return desk_of(shop)


def desk_of(shop: make.Shop, role: str = "owner") -> Client:
    browser = signed_in(MemberFactory.create(merchant=shop.merchant, role=role).user)
    browser.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return browser


def confirmed(client: Client) -> Client:
    session = client.session
    session[AUTHENTICATION_METHODS_SESSION_KEY] = [
        {"method": "mfa", "type": "totp", "at": time.time(), "reauthenticated": True}
    ]
    session.save()
    return client


def text(client: Client, shop: make.Shop, path: str = "", **query: Any) -> str:
    return client.get(f"/m/{shop.merchant.key}/{path}", query).content.decode()


class TestHome:
    def test_the_day_counts_what_was_paid(self, client: Client, shop: make.Shop):
        make.paid(shop, quantity=2)
        make.place(shop)
        day = sales.today(shop.merchant)
        assert (day.gross, day.paid, day.keys) == ([Money(2000, "CNY")], 1, 2)

    def test_each_rate_is_named_and_defined(self, client: Client, shop: make.Shop):
        make.paid(shop)
        make.place(shop)
        page = text(client, shop)
        said = (
            "Paid share of orders",
            "1 of 2 orders",
            "Payment success rate",
            "Those still open do not count",
        )
        assert [word for word in said if word not in page] == []

    def test_an_order_of_yesterday_that_is_paid_today_is_of_today(self, shop: make.Shop, time_machine: Any):
        order = make.place(shop)
        time_machine.move_to(sales.midnight(shop.merchant) + timedelta(days=1, seconds=30))
        make.pay(order)
        assert sales.today(shop.merchant).paid == 1

    def test_yesterday_does_not_count(self, shop: make.Shop, time_machine: Any):
        make.paid(shop)
        time_machine.move_to(sales.midnight(shop.merchant).replace(year=2030))
        assert sales.today(shop.merchant).gross == []

    def test_it_tells_what_needs_doing(self, client: Client, shop: make.Shop):
        make.paid(shop, review=True)
        page = text(client, shop)
        assert "Orders held for review" in page
        assert "Running low" in page

    def test_who_may_not_see_the_balance_sees_none(self, shop: make.Shop):
        make.paid(shop)
        assert "Available" in text(desk_of(shop, "finance"), shop)
        assert "Available" not in text(desk_of(shop, "staff"), shop)


class TestList:
    def test_it_shows_orders_with_their_buyers_masked(self, client: Client, shop: make.Shop):
        order = make.paid(shop, contact="somebody@example.com")
        page = text(client, shop, "orders/")
        assert order.number in page
        assert ("s***@example.com" in page, "somebody@" in page) == (True, False)

    def test_an_order_is_found_by_its_number_however_it_is_typed(self, client: Client, shop: make.Shop):
        wanted, other = make.place(shop), make.place(shop)
        page = text(client, shop, "orders/", q=wanted.number.replace("-", " ").lower())
        assert (wanted.number in page, other.number in page) == (True, False)

    def test_orders_are_found_by_the_buyers_whole_address(self, client: Client, shop: make.Shop):
        wanted, other = make.place(shop, contact="a@example.com"), make.place(shop, contact="b@example.com")
        page = text(client, shop, "orders/", q="A@example.com")
        assert (wanted.number in page, other.number in page) == (True, False)

    @pytest.mark.parametrize(
        ("view", "count"), [("", 3), ("pending", 1), ("paid", 2), ("todo", 1), ("refunded", 0)]
    )
    def test_views_show_their_own(self, shop: make.Shop, view: str, count: int):
        make.place(shop)
        make.paid(shop)
        make.paid(shop, review=True)
        assert len(sales.orders(shop.merchant, view=view).orders) == count

    def test_pages_go_on_without_a_gap_or_a_repeat(self, db: None):
        shop = make.shop(60)
        placed = {make.place(shop).id for _ in range(sales.PAGE + 3)}
        first = sales.orders(shop.merchant)
        second = sales.orders(shop.merchant, before=first.orders[-1].id)
        assert (len(first.orders), second.older) == (sales.PAGE, "")
        assert {order.id for order in first.orders + second.orders} == placed


class TestOneOrder:
    def test_every_attempt_is_shown(self, client: Client, shop: make.Shop):
        order = make.paid(shop)
        page = text(client, shop, f"orders/{order.key}/")
        assert make.payment_of(order).channel_txn in page
        assert "Succeeded" in page

    def test_the_money_is_broken_down(self, client: Client, shop: make.Shop):
        order = make.paid(shop)
        page = text(client, shop, f"orders/{order.key}/")
        assert [figure in page for figure in ("CN¥10.00", "CN¥0.06", "CN¥0.30", "CN¥9.64")] == [True] * 4

    def test_keys_are_shown_to_who_may_for_a_reason(self, db: None):
        shop = make.shop(0)
        stocked(shop.product, ["CANARY-1"])
        order = make.paid(shop)
        where = f"/m/{shop.merchant.key}/orders/{order.key}/reveal/"
        browser = confirmed(desk_of(shop, "support"))
        assert "CANARY-1" not in text(browser, shop, f"orders/{order.key}/")
        assert "CANARY-1" in browser.post(where, {"reveal-reason": "buyer asks"}).content.decode()
        assert AuditRow.objects.get(action="order.revealed").reason == "buyer asks"

    def test_keys_ask_for_a_fresh_confirmation(self, client: Client, shop: make.Shop):
        order = make.paid(shop)
        answer = client.post(f"/m/{shop.merchant.key}/orders/{order.key}/reveal/", {"reveal-reason": "x"})
        assert answer["Location"].startswith("/account/security/confirm/")


def give_back(shop: make.Shop, order: Order, **typed: str) -> Any:
    form = {"amount": "4.00", "reason": "not as described", "form_key": str(uuid4())} | typed
    return desk_of(shop).post(f"/m/{shop.merchant.key}/orders/{order.key}/refund/", form)


class TestRefunding:
    def test_a_part_goes_back_once_however_often_the_form_is_sent(
        self, online: make.Shop, gateway: alipay.Gateway
    ):
        order = make.paid(online)
        payment = make.payment_of(order)
        gateway.answers.append(
            alipay.done(out_trade_no=payment.reference, fund_change="Y", refund_fee="4.00")
        )
        form_key = str(uuid4())
        for _ in range(2):
            assert give_back(online, order, form_key=form_key).status_code == 302
        refund = Refund.objects.get()
        assert (refund.amount, refund.reason) == (400, "not as described")
        assert make.found_again(payment).payment_state == PaymentState.PARTIALLY_REFUNDED

    @pytest.mark.parametrize("amount", ["10.01", "0", "-1", "1e1", "4.001", "abc"])
    def test_a_wrong_amount_gives_nothing_back(self, shop: make.Shop, amount: str):
        order = make.paid(shop)
        assert give_back(shop, order, amount=amount).status_code == 200
        assert not Refund.objects.exists()

    def test_an_unpaid_order_has_nothing_to_give_back(self, shop: make.Shop):
        assert give_back(shop, make.place(shop)).status_code == 404


class TestBalance:
    def test_each_line_says_why_it_is_there(self, client: Client, shop: make.Shop):
        order = make.paid(shop)
        page = text(client, shop, "balance/")
        said = ("Sale", "Platform&#x27;s fee", "Channel&#x27;s fee", order.number)
        assert [word in page for word in said] == [True] * 4

    def test_money_of_today_is_pending_until_the_plans_day(self, client: Client, shop: make.Shop):
        make.paid(shop)
        assert "CN¥9.64</span> pending" in text(client, shop, "balance/")

    def test_a_pending_line_says_why_it_is_not_usable_yet(self, client: Client, shop: make.Shop):
        make.paid(shop)
        page = text(client, shop, "balance/")
        assert ("Why not yet?" in page, "business day of the bank" in page) == (True, True)

    def test_without_money_it_says_so(self, client: Client, shop: make.Shop):
        assert "No money yet" in text(client, shop, "balance/")

    def test_a_cursor_that_nobody_gave_is_not_found(self, client: Client, shop: make.Shop):
        make.paid(shop)
        answer = client.get(f"/m/{shop.merchant.key}/balance/", {"before": "nonsense"})
        assert answer.status_code == 404

    def test_a_currency_that_is_not_held_is_not_found(self, client: Client, shop: make.Shop):
        make.paid(shop)
        assert client.get(f"/m/{shop.merchant.key}/balance/", {"currency": "USD"}).status_code == 404

    def test_a_payout_is_called_one_and_leads_to_it(self):
        payout = bank.drafted()
        browser = signed_in(MemberFactory.create(merchant=payout.merchant, role="owner").user)
        browser.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
        page = browser.get(f"/m/{payout.merchant.key}/balance/").content.decode()
        cells = (">Payout</td>", f'/payouts/{payout.request_no}/">{payout.statement.title}</a>')
        assert [cell in page for cell in cells] == [True, True]

    def test_a_discount_that_the_platform_carries_is_no_second_sale(self):
        fees = SaleFees(Money(6, "CNY"), Money(3, "CNY"), merchant_bears_channel=True)
        said = reason_of(postings.CAPTURED, Money(200, "CNY"), fees, Money(800, "CNY"))
        assert said == "The platform's part of a discount"

    @pytest.mark.parametrize("kind", sorted(KINDS))
    def test_every_kind_that_can_be_posted_there_has_a_word_of_its_own(self, kind: str):
        said = {reason_of(kind, Money(amount, "CNY"), None) for amount in (5, -5)}
        assert said - {"Adjustment"}

    def test_an_unknown_kind_of_line_is_an_adjustment(self):
        assert reason_of("bank.correction", Money(5, "CNY"), None) in ("Adjustment", "调整")
