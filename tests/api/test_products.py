"""Products by API."""

import pytest

from merchants.models import PriceTier, Product
from tests.api.client import Api, api_of
from tests.factories import payments as make
from tests.factories.merchants import StoreFactory

NEW = {
    "slug": "steam-50",
    "name_en": "Steam 50",
    "price": {"amount": 4950, "currency": "CNY"},
    "tiers": [{"from_quantity": 10, "unit_price": {"amount": 4900, "currency": "CNY"}}],
}


def test_a_product_is_made_as_a_draft_with_its_prices_by_quantity(api: Api):
    made = api.post("/products", NEW)
    assert made.status_code == 201
    assert made.json() == api.get(f"/products/{made.json()['id']}").json()
    assert made.json()["status"] == "draft"
    assert made.json()["price"] == {"amount": 4950, "currency": "CNY"}
    assert made.json()["tiers"] == NEW["tiers"]
    assert made.json()["stock"] == 0


def test_a_change_leaves_the_rest_as_it_is(api: Api, shop: make.Shop):
    PriceTier.objects.create(product=shop.product, from_quantity=5, unit_price=900)
    changed = api.patch(f"/products/{shop.product.key}", {"name_en": "Better"}).json()
    assert changed["name_en"] == "Better"
    assert changed["price"]["amount"] == 1000
    assert changed["tiers"] == [{"from_quantity": 5, "unit_price": {"amount": 900, "currency": "CNY"}}]


def test_tiers_that_are_sent_replace_all(api: Api, shop: make.Shop):
    PriceTier.objects.create(product=shop.product, from_quantity=5, unit_price=900)
    assert api.patch(f"/products/{shop.product.key}", {"tiers": []}).json()["tiers"] == []


def test_a_price_in_another_currency_is_refused(api: Api, shop: make.Shop):
    answer = api.patch(f"/products/{shop.product.key}", {"price": {"amount": 1, "currency": "USD"}})
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == ["price"]


def test_a_product_goes_on_the_shelf_off_it_and_away(api: Api, shop: make.Shop):
    at = f"/products/{shop.product.key}"
    states = [api.post(f"{at}/{verb}").json()["status"] for verb in ("deactivate", "archive", "deactivate")]
    assert [*states, api.post(f"{at}/activate").json()["status"]] == ["draft", "archived", "draft", "live"]


def test_an_archived_product_is_not_sold_at_once(api: Api, shop: make.Shop):
    api.post(f"/products/{shop.product.key}/archive")
    answer = api.post(f"/products/{shop.product.key}/activate")
    assert (answer.status_code, answer.json()["code"]) == (409, "illegal_move")


def test_a_tier_above_the_price_changes_nothing(api: Api, shop: make.Shop):
    tiers = [{"from_quantity": 5, "unit_price": {"amount": 1000, "currency": "CNY"}}]
    answer = api.patch(f"/products/{shop.product.key}", {"tiers": tiers, "name_en": "X"})
    assert (answer.status_code, answer.json()["code"]) == (400, "merchants.tiers_not_falling")
    assert Product.objects.get().name_en != "X"


def test_an_address_that_is_taken_is_refused(api: Api, shop: make.Shop):
    answer = api.post("/products", {**NEW, "slug": shop.product.slug})
    assert (answer.status_code, answer.json()["code"]) == (409, "merchants.slug_taken")
    assert not Product.objects.filter(name_en="Steam 50").exists()


def test_with_two_stores_the_store_must_be_named(api: Api, shop: make.Shop):
    other = StoreFactory.create(merchant=shop.merchant)
    assert list(api.post("/products", NEW).json()["errors"]) == ["store"]
    assert api.post("/products", {**NEW, "store": other.key}).json()["store"] == other.key


def test_another_merchants_store_is_none(api: Api):
    theirs = StoreFactory.create()
    answer = api.post("/products", {**NEW, "store": theirs.key})
    assert (answer.status_code, list(answer.json()["errors"])) == (404, ["store"])


def test_a_list_goes_on_by_its_cursor_and_ends(api: Api):
    slugs = [f"p{number}" for number in range(4)]
    for slug in slugs:
        api.post("/products", {**NEW, "slug": slug})
    seen, cursor = [], {}
    for _ in range(3):
        page = api.get("/products", limit=2, **cursor).json()
        seen += [one["slug"] for one in page["data"]]
        cursor = {"cursor": page["next"]}
    assert seen[:4] == slugs[::-1]
    assert cursor == {"cursor": None}


def test_a_list_is_narrowed_by_status(api: Api):
    api.post("/products", NEW)
    assert [one["slug"] for one in api.get("/products", status="draft").json()["data"]] == ["steam-50"]


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_a_product_keeps_a_name(api: Api, shop: make.Shop, method: str):
    at = {"POST": "/products", "PATCH": f"/products/{shop.product.key}"}[method]
    answer = api.call(method, at, body={**NEW, "name_en": "", "name_zh": ""})
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["name_en"])


@pytest.mark.parametrize(
    "query",
    [
        {"status": "x"},
        {"status": ""},
        {"slug": ""},
        {"colour": "red"},
        {"limit": "0"},
        {"limit": "101"},
        {"cursor": "ord_1"},
    ],
)
def test_a_parameter_that_means_nothing_is_refused_by_name(api: Api, query: dict[str, str]):
    answer = api.get("/products", **query)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, list(query))


def test_a_key_sees_its_own_merchants_products_only(api: Api):
    stranger = api_of(make.shop().merchant)
    assert len(api.get("/products").json()["data"]) == 1
    assert len(stranger.get("/products").json()["data"]) == 1
