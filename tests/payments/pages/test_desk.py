"""What a merchant finds out at the desk: refunds, one store among several, who did what, an order's story."""

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

import audit
from kernel.actors import SYSTEM, Actor, ActorKind
from kernel.money import Money
from merchants.models import Member
from payments.models import Refund
from payments.services import refunds
from tests.factories import payments as make
from tests.factories import webhooks
from tests.factories.merchants import MemberFactory, ProductFactory, StoreFactory, stocked
from tests.merchants.people import signed_in
from tests.payments.channels import alipay_world as alipay
from tests.payments.pages.test_merchants import desk_of, text
from webhooks.models import Delivery

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(shop: make.Shop) -> Client:
    return desk_of(shop)


def give_back(gateway: alipay.Gateway, shop: make.Shop, answer: str = "Y") -> Refund:
    payment = make.payment_of(make.paid(shop))
    gateway.answers.append(alipay.done(out_trade_no=payment.reference, fund_change=answer, refund_fee="4.00"))
    return refunds.book(
        payment=payment, amount=Money(400, "CNY"), reason="bad key", actor=SYSTEM, form_key=uuid4()
    )


class TestRefunds:
    def test_a_refund_is_listed_with_its_order_and_the_fees_that_came_back(
        self, online: make.Shop, gateway: alipay.Gateway
    ):
        refund = give_back(gateway, online)
        page = text(desk_of(online), online, "refunds/")
        said = (refund.order.number, "bad key", "CN¥4.00", "CN¥0.14")
        assert [word for word in said if word not in page] == []

    @pytest.mark.parametrize(
        ("view", "is_there"), [("", True), ("done", True), ("open", False), ("failed", False)]
    )
    def test_tabs_show_their_own(self, online: make.Shop, gateway: alipay.Gateway, view: str, is_there: bool):
        refund = give_back(gateway, online)
        page = text(desk_of(online), online, "refunds/", view=view)
        assert (refund.order.number in page) is is_there

    def test_without_any_it_says_where_they_are_made(self, client: Client, shop: make.Shop):
        assert "No refunds yet" in text(client, shop, "refunds/")


class TestOneOrder:
    def test_it_answers_why_it_was_not_paid(self, client: Client, shop: make.Shop):
        order = make.place(shop)
        make.payment_of(order).enter("failed", code="ACQ.BUYER_BALANCE_NOT_ENOUGH", next_query_at=None)
        page = text(client, shop, f"orders/{order.key}/")
        said = ("Balance too low", "balance was too low", "pay another way", "ACQ.BUYER_BALANCE_NOT_ENOUGH")
        assert [word for word in said if word not in page] == []

    def test_the_form_of_a_refund_shows_which_fees_come_back(self, client: Client, shop: make.Shop):
        page = text(client, shop, f"orders/{make.paid(shop).key}/")
        assert "data-cost>CN¥9.64<" in page

    def test_what_the_channel_told_us_is_shown(self, client: Client, shop: make.Shop):
        page = text(client, shop, f"orders/{make.paid(shop).key}/")
        assert "It pays the order" in page

    def test_the_webhooks_of_the_order_are_shown_and_no_others(self, client: Client, shop: make.Shop):
        mine, other = make.paid(shop), make.paid(shop)
        endpoint = webhooks.endpoint("https://8.8.8.8/hook", merchant_id=shop.merchant.pk)
        webhooks.tell(webhooks.event(endpoint, subject=mine.pk))
        told = [one.key for one in Delivery.objects.filter(subject_id=mine.pk)]
        pages = [text(client, shop, f"orders/{order.key}/") for order in (mine, other)]
        assert [[key in page for key in told] for page in pages] == [[True] * len(told), [False] * len(told)]
        assert told


class TestStores:
    @pytest.fixture
    def second(self, shop: make.Shop) -> make.Shop:
        store = StoreFactory.create(merchant=shop.merchant)
        product = ProductFactory.create(store=store, merchant=shop.merchant)
        stocked(product, ["A-1", "A-2"])
        return make.Shop(shop.merchant, product, shop.account)

    @pytest.mark.parametrize("path", ["", "orders/"])
    def test_a_page_is_narrowed_to_one_store(
        self, client: Client, shop: make.Shop, second: make.Shop, path: str
    ):
        mine, other = make.place(shop), make.place(second)
        page = text(client, shop, path, store=shop.product.store.key)
        assert (mine.number in page, other.number in page) == (True, False)

    @pytest.mark.parametrize("path", ["", "orders/", "refunds/", "products/", "stock/"])
    def test_another_merchants_store_is_not_there(self, client: Client, shop: make.Shop, path: str):
        theirs = StoreFactory.create().key
        assert client.get(f"/m/{shop.merchant.key}/{path}", {"store": theirs}).status_code == 404

    def test_the_choice_goes_on_in_the_menu(self, client: Client, shop: make.Shop, second: make.Shop):
        page = text(client, shop, "orders/", store=shop.product.store.key)
        assert f"/products/?store={shop.product.store.key}" in page

    def test_with_one_store_there_is_nothing_to_choose(self, client: Client, shop: make.Shop):
        assert "All stores" not in text(client, shop, "orders/")


class TestActivity:
    @pytest.fixture
    def owner(self, shop: make.Shop) -> Member:
        return MemberFactory.create(merchant=shop.merchant)

    def page(self, owner: Member, shop: make.Shop, **query: Any) -> str:
        browser = signed_in(owner.user)
        browser.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
        return text(browser, shop, "activity/", **query)

    def test_a_members_deed_says_who_what_why_and_from_where(self, shop: make.Shop, owner: Member):
        actor = Actor(ActorKind.MEMBER, owner.user_id, "203.0.113.9")
        audit.record(
            actor, "stock.voided", ("key", uuid4()), merchant_id=shop.merchant.pk, reason="a bad one"
        )
        page = self.page(owner, shop)
        said = (owner.user.name, "taken off the shelf", "203.0.113.9", "a bad one")
        assert [word for word in said if word not in page] == []

    def test_what_an_operator_did_does_not_say_who_or_from_where(self, shop: make.Shop, owner: Member):
        operator = MemberFactory.create().user
        actor = Actor(ActorKind.OPERATOR, operator.pk, "203.0.113.9")
        audit.record(actor, "order.released", ("order", uuid4()), merchant_id=shop.merchant.pk)
        page = self.page(owner, shop)
        assert ("The platform" in page, operator.name in page, "203.0.113.9" in page) == (True, False, False)

    def test_another_merchants_deeds_are_not_there(self, shop: make.Shop, owner: Member):
        actor = Actor(ActorKind.MEMBER, owner.user_id)
        audit.record(actor, "stock.voided", ("key", uuid4()), merchant_id=uuid4(), reason="not mine")
        assert "not mine" not in self.page(owner, shop, view="all")

    def test_what_runs_by_itself_is_shown_on_demand(self, shop: make.Shop, owner: Member):
        make.paid(shop)
        by_people, everything = self.page(owner, shop), self.page(owner, shop, view="all")
        assert ("Ordered" in by_people, "Ordered" in everything) == (False, True)

    def test_one_persons_deeds_are_found(self, shop: make.Shop, owner: Member):
        other = MemberFactory.create(merchant=shop.merchant)
        for member, reason in ((owner, "by the owner"), (other, "by the other")):
            audit.record(
                Actor(ActorKind.MEMBER, member.user_id),
                "stock.voided",
                ("key", uuid4()),
                merchant_id=shop.merchant.pk,
                reason=reason,
            )
        page = self.page(owner, shop, person=other.key)
        assert ("by the other" in page, "by the owner" in page) == (True, False)


def test_the_team_page_says_what_each_role_may_do(client: Client, shop: make.Shop):
    page = text(client, shop, "team/")
    assert ("Show keys in plain text" in page, "sensitive" in page) == (True, True)
