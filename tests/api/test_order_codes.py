"""Coupon codes by API: under the same rules, with refusals that a program can tell apart."""

from typing import Any

import pytest

from payments.models import Order
from tests.api.client import Api
from tests.factories import payments as make
from tests.factories.coupons import CouponFactory, code_of


@pytest.fixture
def code(shop: make.Shop) -> str:
    """Three yuan off ten."""
    return code_of(CouponFactory.create(merchant=shop.merchant, amount=300, most_uses=1), "SPRING24").code


def basket(shop: make.Shop, *codes: str, **changes: Any) -> dict[str, Any]:
    return {"product": shop.product.key, "email": "buyer@example.com", "codes": list(codes), **changes}


def test_an_order_shows_what_its_codes_take_off(api: Api, shop: make.Shop, code: str):
    total = {"amount": 1000, "currency": "CNY"}
    shown = api.post("/orders", basket(shop, "spring-24", expected_total=total)).json()
    assert (shown["codes"], shown["discount"]["amount"], shown["total"]["amount"]) == ([code], 300, 700)
    assert api.get(f"/orders/{shown['id']}").json() == shown
    assert api.get("/orders").json()["data"] == [shown]


def test_an_order_without_codes_shows_none(api: Api, shop: make.Shop, code: str):
    shown = api.post("/orders", basket(shop)).json()
    assert (shown["codes"], shown["discount"]["amount"]) == ([], 0)


def test_a_refusal_has_a_code_of_its_own(api: Api, shop: make.Shop, code: str):
    api.post("/orders", basket(shop, code))
    answers = [api.post("/orders", basket(shop, said)) for said in (code, "NOPE")]
    assert [(each.status_code, each.json()["code"]) for each in answers] == [
        (409, "coupons.used_up"),
        (409, "coupons.unknown"),
    ]
    assert Order.objects.count() == 1


def test_more_than_three_codes_are_refused(api: Api, shop: make.Shop, code: str):
    answer = api.post("/orders", basket(shop, "AAA", "BBB", "CCC", "DDD"))
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["codes"])
