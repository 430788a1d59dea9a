"""The field for a code: typed, linked, refused in words, shown before and after the order."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from kernel import clock
from kernel.money import Money
from merchants.models import Coupon, CouponUse
from merchants.states import Carrier, SettlementMode
from payments.models import Order
from payments.services import refunds
from tests.factories import payments as make
from tests.factories.coupons import CouponFactory, code_of
from tests.factories.merchants import MerchantFactory
from tests.payments.pages.test_merchants import desk_of, text
from tests.payments.pages.test_shop import ENGLISH, form, shown, url_of
from tests.payments.test_confirmations import expired

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Client:
    return Client(headers=ENGLISH)


@pytest.fixture
def coupon(shop: make.Shop) -> Coupon:
    """Three yuan off, by SPRING24."""
    made = CouponFactory.create(merchant=shop.merchant, amount=300, minimum=1000)
    code_of(made, "SPRING24")
    return made


def plain(page: str) -> str:
    """The words of a page."""
    return " ".join(re.sub(r"<[^>]*>", " ", page).split())


def quoted(client: Client, shop: make.Shop, **changes: str) -> Any:
    store = shop.product.store
    address = reverse("payments:code", args=[store.slug, shop.product.slug])
    return client.post(
        address, {"quantity": "1", "code": "SPRING24"} | changes, headers={"Accept": "application/json"}
    )


def test_the_field_is_folded_away_until_a_link_brings_a_code(client, shop):
    assert re.search(
        r'<details class="more have-code"[^>]*data-code="[^"]*">', shown(client.get(url_of(shop)))
    )
    page = shown(client.get(url_of(shop), {"code": "SPRING24"}))
    assert re.search(r'<details class="more have-code"[^>]* open>', page)
    assert 'value="SPRING24"' in page


def test_a_code_goes_along_from_the_shelf_to_its_products(client, shop):
    shelf = f"/s/{shop.product.store.slug}/"
    page = shown(client.get(shelf, {"code": "SPRING-24"}))
    assert f'href="{url_of(shop)}?code=SPRING-24"' in page
    assert "The code SPRING-24 is filled in when you order." in page
    assert f'href="{shelf}?code=SPRING-24"' in shown(client.get(url_of(shop), {"code": "SPRING-24"}))


def test_only_what_can_be_a_code_is_repeated_on_the_shelf(client, shop):
    page = shown(client.get(f"/s/{shop.product.store.slug}/", {"code": "call 555 & win"}))
    assert "is filled in" not in page
    assert f'href="{url_of(shop)}?code=call+555+%26+win"' in page


def test_a_code_as_people_type_it_lowers_the_price(client, shop, coupon):
    answer = client.post(url_of(shop), form(code=" spring-24 "))
    order = Order.objects.get()
    assert (answer.status_code, order.total, order.discount) == (303, 700, 300)
    page = plain(shown(client.get(f"/o/{order.token}/")))
    assert re.search(r"Price CN¥ ?10.00 Code SPRING24 − ?CN¥ ?3.00 Total CN¥ ?7.00", page)


def test_a_code_that_does_not_hold_comes_back_with_its_reason_and_everything_typed(client, shop, coupon):
    Coupon.objects.update(ends_at=clock.now() - timedelta(hours=1))
    answer = client.post(url_of(shop), form(code="spring24", email="me@example.com", quantity="3"))
    page = shown(answer)
    assert (answer.status_code, Order.objects.exists(), CouponUse.objects.exists()) == (409, False, False)
    assert re.search(r'id="code-error">.*?The code SPRING24 has expired\.', page)
    assert '<a href="#code">Coupon code</a>' in page
    assert all(text in page for text in ('value="me@example.com"', 'value="3"', 'value="spring24"'))
    assert re.search(r'<details class="more have-code"[^>]* open>', page)


def test_an_order_by_the_page_without_a_code_pays_in_full(client, shop, coupon):
    client.post(url_of(shop), form())
    assert Order.objects.get().total == 1000


def test_what_a_code_takes_off_is_shown_before_the_order(client, shop, coupon):
    answer = quoted(client, shop, quantity="2")
    assert answer.json() == {"before": "CN¥20.00", "off": "CN¥3.00", "total": "CN¥17.00"}
    assert "no-store" in answer.headers["Cache-Control"]
    assert not CouponUse.objects.exists()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"code": "NOPE"}, "There is no code NOPE here."),
        ({"quantity": "99"}, "Please choose a quantity between 1 and 10."),
        ({"quantity": "½"}, "Please choose a quantity between 1 and 10."),
        ({"code": "A1A,B2B,C3C,D4D"}, "At most 3 codes can be used on one order."),
    ],
)
def test_a_refusal_is_said_in_words(client, shop, coupon, changes, sentence):
    answer = quoted(client, shop, **changes)
    assert (answer.status_code, answer.json()) == (200, {"refusal": sentence})


def test_what_is_missing_to_the_minimum_is_named(client, shop, coupon):
    Coupon.objects.update(minimum=1500)
    assert quoted(client, shop).json() == {"refusal": "The code SPRING24 needs an order of CN¥5.00 more."}


def test_the_buyer_counts_once_an_address_is_typed(client, shop, coupon):
    Coupon.objects.update(per_buyer=1)
    make.place(shop, contact="me@example.com", codes=("SPRING24",))
    assert quoted(client, shop).status_code == 200
    answer = quoted(client, shop, email="Me@example.com")
    assert answer.json() == {"refusal": "You have used the code SPRING24 as often as one may."}


def test_who_guesses_is_slowed_down(client, shop, coupon):
    for _ in range(20):
        quoted(client, shop, code="GUESS")
    answer = quoted(client, shop)
    assert answer.status_code == 429
    assert "wrong codes came from your network" in answer.json()["refusal"]


def test_who_guessed_is_told_at_the_field_and_may_order_without_a_code(client, shop, coupon):
    for _ in range(20):
        quoted(client, shop, code="GUESS")
    answer = client.post(url_of(shop), form(code="SPRING24"))
    said = re.search(r'id="code-error">.*?wrong codes came from your network', shown(answer))
    assert (answer.status_code, bool(said)) == (429, True)
    assert client.post(url_of(shop), form()).status_code == 303


def test_who_paid_late_when_the_code_was_gone_is_not_told_of_paying_twice(client, shop, coupon):
    order = make.place(shop, codes=("SPRING24",))
    expired(order)
    Coupon.objects.update(status="paused")
    make.pay(order)
    page = shown(client.get(f"/o/{order.token}/"))
    assert "You paid when this order had ended" in page
    assert "CN¥7.00 came too late to take this order up again." in page


def test_a_members_page_shows_price_discount_and_who_bears_it(db):
    at = make.shop(merchant=MerchantFactory.create(settlement_mode=SettlementMode.OWN_SUPPLY))
    made = CouponFactory.create(merchant=at.merchant, amount=300, carrier=Carrier.PLATFORM)
    code_of(made, "SPRING24")
    order = make.paid(at, codes=("SPRING24",))
    page = plain(text(desk_of(at), at, f"orders/{order.key}/"))
    assert re.search(r"Price CN¥ ?10.00 Discount · SPRING24 − ?CN¥ ?3.00 borne by the platform", page)
    assert re.search(r"For you CN¥ ?9.75", page)  # 10.00 less 0.21 and 0.04 of what the buyer paid
    assert re.search(r"Platform's discount taken back CN¥3.00", page)


def test_a_members_page_shows_what_is_left_after_money_went_back(db):
    at = make.shop(merchant=MerchantFactory.create(settlement_mode=SettlementMode.OWN_SUPPLY))
    made = CouponFactory.create(merchant=at.merchant, amount=300, carrier=Carrier.PLATFORM)
    code_of(made, "SPRING24")
    order = make.paid(at, codes=("SPRING24",))
    refunds.book(payment=make.payment_of(order), amount=Money(700, "CNY"), reason="asked", actor=make.SYSTEM)
    page = plain(text(desk_of(at), at, f"orders/{order.key}/"))
    assert re.search(r"Went back − ?CN¥ ?7.00 Fees given back CN¥ ?0.25", page)
    assert re.search(r"Platform's discount taken back − ?CN¥ ?3.00 Left for you CN¥ ?0.00", page)
