"""Orders by API: placed like a buyer's, under the same rules."""

from typing import Any

import pytest

from audit.models import AuditRow
from kernel.actors import SYSTEM
from payments.models import Order, Payment
from payments.services import expiry
from tests.api.client import Api, api_of
from tests.factories import payments as make
from tests.factories import subscriptions as members
from tests.payments.test_attempts import ABSENT


def basket(shop: make.Shop, **changes: Any) -> dict[str, Any]:
    return {"product": shop.product.key, "email": "buyer@example.com", **changes}


def test_an_order_comes_with_a_page_and_with_what_the_buyer_does_next(api: Api, shop: make.Shop):
    answer = api.post("/orders", basket(shop, quantity=2, method="alipay.page"))
    order = Order.objects.get()
    assert answer.status_code == 201
    shown = answer.json()
    assert shown["id"] == order.key
    assert shown["total"] == {"amount": 2000, "currency": "CNY"}
    assert (shown["payment_state"], shown["fulfilment"]) == ("pending", "none")
    assert shown["checkout_url"].endswith(f"/o/{order.token}/")
    assert shown["action"]["kind"] == "link"
    assert shown["action"]["value"] == Payment.objects.get().action_value
    assert api.get(f"/orders/{order.key}").json() == shown


def test_what_is_sent_along_comes_back_and_finds_the_order(api: Api, shop: make.Shop):
    memo = {"reference": "cart-1", "metadata": {"a": "1"}, "return_url": "https://shop.example.com/x"}
    shown = api.post("/orders", basket(shop, **memo)).json()
    api.post("/orders", basket(shop))
    assert {name: shown[name] for name in memo} == memo
    assert [one["id"] for one in api.get("/orders", reference="cart-1").json()["data"]] == [shown["id"]]


def test_the_buyers_page_leads_back_to_where_the_buyer_came_from(api: Api, shop: make.Shop, client: Any):
    api.post("/orders", basket(shop, return_url="https://shop.example.com/x"))
    page = client.get(f"/o/{Order.objects.get().token}/").content.decode()
    assert 'href="https://shop.example.com/x"' in page


@pytest.mark.parametrize(
    "url",
    ["http://shop.example.com/", "javascript:alert(1)", "https://a@b.example.com/", "https://x/\\y", "//x"],
)
def test_a_return_url_that_is_no_page_over_tls_is_refused(api: Api, shop: make.Shop, url: str):
    answer = api.post("/orders", basket(shop, return_url=url))
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["return_url"])


@pytest.mark.parametrize("field", ["price", "total", "unit_price", "discount", "fee", "merchant", "token"])
def test_a20_a_price_cannot_be_sent(api: Api, shop: make.Shop, field: str):
    answer = api.post("/orders", basket(shop, **{field: 1}))
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])
    assert not Order.objects.exists()


@pytest.mark.parametrize("quantity", [-1, 0, 1.5, "1", "１", True, None, 10**9, [1]])
def test_a21_a_quantity_that_is_none_is_refused(api: Api, shop: make.Shop, quantity: Any):
    answer = api.post("/orders", basket(shop, quantity=quantity))
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["quantity"])


def test_a_total_that_the_buyer_was_not_shown_is_refused(api: Api, shop: make.Shop):
    wanted = {"amount": 999, "currency": "CNY"}
    answer = api.post("/orders", basket(shop, expected_total=wanted))
    assert (answer.status_code, answer.json()["code"]) == (409, "payments.price_changed")


def test_more_than_is_in_stock_is_refused_and_reserves_nothing(api: Api, shop: make.Shop):
    answer = api.post("/orders", basket(shop, quantity=6))
    assert (answer.status_code, answer.json()["code"]) == (409, "merchants.out_of_stock")
    assert api.get(f"/products/{shop.product.key}").json()["stock"] == 5


def test_a26_orders_by_api_count_against_the_same_limits_of_unpaid_ones(api: Api, shop: make.Shop):
    answers = [api.post("/orders", basket(shop)) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [201] * 5 + [409]
    stock = make.shop(20, merchant=shop.merchant)
    answers = [api.post("/orders", basket(stock)) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [201] * 5 + [429]
    assert answers[-1].json()["code"] == "payments.too_many_unpaid"


def test_the_buyers_address_counts_and_not_the_servers_where_it_is_forwarded(api: Api, shop: make.Shop):
    api.post("/orders", basket(shop, buyer={"ip": "203.0.113.7"}))
    api.post("/orders", basket(shop, buyer={"ip": "203.0.113.8"}, email="b@example.com"))
    api.post("/orders", basket(shop, email="c@example.com"))
    assert len({bytes(key) for key in Order.objects.values_list("address_key", flat=True)}) == 3


def test_a_membership_is_not_ordered_but_subscribed_to(api: Api, shop: make.Shop):
    club = members.membership(shop.merchant)
    refused = api.post("/orders", {"product": club.product.key, "quantity": 1, "email": "b@example.com"})
    assert (refused.status_code, list(refused.json()["errors"])) == (400, ["product"])


def test_another_merchants_product_is_none(api: Api):
    theirs = make.shop()
    answer = api.post("/orders", basket(theirs))
    assert (answer.status_code, list(answer.json()["errors"])) == (404, ["product"])


def test_a_method_that_nobody_takes_is_refused(api: Api, shop: make.Shop):
    answer = api.post("/orders", basket(shop, method="paypal.page"))
    assert (answer.status_code, answer.json()["code"]) == (409, "payments.method_unavailable")


def test_the_trail_says_which_key_placed_an_order(api: Api, shop: make.Shop):
    api.post("/orders", basket(shop))
    row = AuditRow.objects.get(action="order.placed")
    assert (row.actor_kind, row.actor_id) == ("api_key", Order.objects.get().memo.api_key_id)


def test_a_cancelled_order_gives_its_keys_back_and_stays_cancelled(online: make.Shop, gateway: Any):
    gateway.answers.append(ABSENT)
    api = api_of(online.merchant)
    order = api.post("/orders", basket(online)).json()
    assert api.post(f"/orders/{order['id']}/cancel").json()["payment_state"] == "cancelled"
    assert api.post(f"/orders/{order['id']}/cancel").json()["payment_state"] == "cancelled"
    assert api.get(f"/products/{online.product.key}").json()["stock"] == 5


def test_a_paid_order_is_not_cancelled(api: Api, shop: make.Shop):
    order = make.paid(shop)
    answer = api.post(f"/orders/{order.key}/cancel")
    assert (answer.status_code, answer.json()["code"]) == (409, "payments.not_payable")


def test_an_order_gets_more_time(api: Api, shop: make.Shop):
    before = api.post("/orders", basket(shop)).json()
    after = api.post(f"/orders/{before['id']}/extend").json()
    assert after["expires_at"] > before["expires_at"]


def test_keys_are_read_by_their_own_scope_and_every_look_is_on_record(api_with: Any, shop: make.Shop):
    order = make.paid(shop)
    refused = api_with("orders:read").get(f"/orders/{order.key}/keys")
    assert (refused.status_code, refused.json()["code"]) == (403, "api.scope_missing")
    answer = api_with("keys:read").get(f"/orders/{order.key}/keys")
    assert len(answer.json()["keys"]) == 1
    assert answer.headers["Cache-Control"] == "no-store"
    assert AuditRow.objects.get(action="order.revealed").actor_kind == "api_key"


def test_a23_keys_of_an_unpaid_order_are_not_there(api: Api, shop: make.Shop):
    order = make.place(shop)
    answer = api.get(f"/orders/{order.key}/keys")
    assert (answer.status_code, answer.json()["code"]) == (409, "payments.not_delivered")


def test_orders_are_found_by_state_product_number_and_the_buyers_address(api: Api, shop: make.Shop):
    paid = make.paid(shop)
    other = make.place(make.shop(merchant=shop.merchant), contact="Ann@Example.com")
    found = {
        name: [one["id"] for one in api.get("/orders", **{name: value}).json()["data"]]
        for name, value in {
            "payment_state": "paid",
            "fulfilment": "none",
            "product": other.product.key,
            "number": paid.number,
            "email": "ann@example.com",
        }.items()
    }
    assert found == {
        "payment_state": [paid.key],
        "fulfilment": [other.key],
        "product": [other.key],
        "number": [paid.key],
        "email": [other.key],
    }


def test_the_payments_of_an_order_are_listed_the_latest_first(api: Api, shop: make.Shop):
    first, second = make.paid(shop), make.place(shop)
    listed = api.get("/payments").json()["data"]
    assert [one["order"] for one in listed] == [second.key, first.key]
    paid = api.get("/payments", order=first.key).json()["data"][0]
    assert (paid["state"], paid["use"], paid["refundable"]["amount"]) == ("succeeded", "applied", 1000)
    assert api.get(f"/payments/{paid['id']}").json() == paid


def test_a_list_of_payments_goes_on_by_its_cursor(api: Api, shop: make.Shop):
    for _ in range(3):
        make.place(shop)
    whole = [one["id"] for one in api.get("/payments").json()["data"]]
    first = api.get("/payments", limit=2).json()
    rest = api.get("/payments", limit=2, cursor=first["next"]).json()
    assert [one["id"] for one in first["data"] + rest["data"]] == whole
    assert rest["next"] is None


def test_an_order_that_has_ended_asks_nothing_of_the_buyer(online: make.Shop, gateway: Any):
    gateway.answers.append(ABSENT)
    api = api_of(online.merchant)
    order = make.place(online)
    expiry.cancel(order, actor=SYSTEM)
    shown = api.get(f"/orders/{order.key}").json()
    assert (shown["action"], shown["payment_state"]) == (None, "cancelled")
