"""The product editor and the list."""

from typing import Any

import pytest
from django.test import Client

from merchants.models import Member, Product, Store
from merchants.services import products
from merchants.states import ProductStatus
from tests.factories.merchants import MemberFactory, PriceTierFactory, ProductFactory, StoreFactory
from tests.merchants.people import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> Member:
    return MemberFactory.create()


@pytest.fixture
def store(owner: Member) -> Store:
    return StoreFactory.create(merchant=owner.merchant)


@pytest.fixture
def client(owner: Member) -> Client:
    browser = signed_in(owner.user)
    browser.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return browser


def typed(store: Store, **more: Any) -> dict[str, Any]:
    return {
        "store": store.id,
        "slug": "new-keys",
        "name_en": "New keys",
        "currency": "CNY",
        "price": "19.80",
        "min_quantity": 1,
        "max_quantity": 10,
        "hold_minutes": 15,
        "unpaid_share": 20,
        "low_stock_threshold": 10,
        "position": 0,
    } | more


def test_a_new_product_is_saved_as_a_draft_in_minor_units(client: Client, store: Store):
    client.post(f"/m/{store.merchant.key}/products/new/", typed(store, from_0="5", each_0="18.8"))
    product = Product.objects.get()
    assert (product.status, product.price, products.tiers_of(product)) == (
        ProductStatus.DRAFT,
        1980,
        {5: 1880},
    )


@pytest.mark.parametrize("price", ["", "0", "-1", "1.999", "1e2", "１９", "NaN", "99999999999999"])
def test_nonsense_is_no_price(client: Client, store: Store, price: str):
    page = client.post(f"/m/{store.merchant.key}/products/new/", typed(store, price=price))
    assert (page.status_code, Product.objects.exists()) == (200, False)


def test_prices_that_do_not_fall_are_said_on_the_page(client: Client, store: Store):
    page = client.post(f"/m/{store.merchant.key}/products/new/", typed(store, from_0="5", each_0="20"))
    assert "the price must be below" in page.content.decode()


def test_a_taken_address_is_said_on_the_page(client: Client, store: Store):
    ProductFactory.create(store=store, slug="new-keys")
    assert client.post(f"/m/{store.merchant.key}/products/new/", typed(store)).status_code == 200
    assert Product.objects.count() == 1


def test_another_merchants_store_cannot_be_chosen(client: Client, store: Store):
    strange = StoreFactory.create()
    client.post(f"/m/{store.merchant.key}/products/new/", typed(strange))
    assert not Product.objects.exists()


def test_the_editor_shows_what_is_and_saves_what_is_typed(client: Client, store: Store):
    product = ProductFactory.create(store=store, price=1000)
    PriceTierFactory.create(product=product, from_quantity=10, unit_price=900)
    where = f"/m/{store.merchant.key}/products/{product.key}/"
    page = client.get(where).content.decode()
    assert 'value="10.00"' in page
    assert 'value="9.00"' in page
    client.post(where, typed(store, slug=product.slug, price="11"))
    product.refresh_from_db()
    assert (product.price, products.tiers_of(product)) == (1100, {})


def test_a_product_goes_on_sale_and_off_again(client: Client, store: Store):
    product = ProductFactory.create(store=store, status=ProductStatus.DRAFT)
    where = f"/m/{store.merchant.key}/products/{product.key}/status/"
    for target in ("live", "archived"):
        client.post(where, {"status": target})
        product.refresh_from_db()
        assert product.status == target


def test_what_buyers_will_read_is_cleaned(client: Client, store: Store):
    product = ProductFactory.create(
        store=store,
        name_en="<img src=x onerror=alert(1)>",
        description_en="<script>alert(1)</script>**bold**",
    )
    lists = client.get(f"/m/{store.merchant.key}/products/").content.decode()
    shop = client.get(f"/s/{store.slug}/p/{product.slug}/", {"lang": "en"}).content.decode()
    assert "<img src=x" not in lists + shop
    assert "<script>alert" not in shop
    assert "<strong>bold</strong>" in shop
