"""What is for sale, and at what price."""

from datetime import timedelta

import pytest
from django.utils import translation

from kernel import clock, ids
from kernel.errors import NotFound
from kernel.money import Money
from merchants.errors import BadQuantity, NotForSale
from merchants.models import Merchant, Product, Store
from merchants.services import catalogue
from merchants.states import MerchantStatus, ProductStatus, StoreStatus
from tests.factories.merchants import PriceTierFactory, ProductFactory, StoreFactory, TwinFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def tiered() -> Product:
    product = ProductFactory.create(price=1000, max_quantity=100)
    PriceTierFactory.create(product=product, from_quantity=10, unit_price=900)
    PriceTierFactory.create(product=product, from_quantity=50, unit_price=750)
    return product


@pytest.mark.parametrize(
    ("quantity", "each"), [(1, 1000), (9, 1000), (10, 900), (49, 900), (50, 750), (100, 750)]
)
def test_the_price_follows_the_tier_of_the_quantity(tiered: Product, quantity: int, each: int):
    quote = catalogue.offer(tiered.id).quote(quantity)
    assert (quote.unit_price, quote.total) == (Money(each, "CNY"), Money(each * quantity, "CNY"))


@pytest.mark.parametrize("quantity", [-1, 0, 1, 21, 1_000_000_000])
def test_a_quantity_outside_the_bounds_has_no_price(quantity: int):
    product = ProductFactory.create(min_quantity=2, max_quantity=20)
    with pytest.raises(BadQuantity) as refusal:
        catalogue.offer(product.id).quote(quantity)
    assert refusal.value.context == {"least": 2, "most": 20}


def test_an_unknown_product_is_not_found():
    with pytest.raises(NotFound):
        catalogue.offer(ids.new())


@pytest.mark.parametrize("status", [ProductStatus.DRAFT, ProductStatus.ARCHIVED])
def test_only_a_live_product_is_sold(status: ProductStatus):
    product = ProductFactory.create(status=status)
    with pytest.raises(NotForSale):
        catalogue.offer(product.id)


def test_a_closed_store_sells_nothing():
    product = ProductFactory.create(store=StoreFactory.create(status=StoreStatus.CLOSED))
    with pytest.raises(NotForSale):
        catalogue.offer(product.id)


def test_a_suspended_merchant_sells_nothing():
    product = ProductFactory.create()
    Merchant.objects.update(status=MerchantStatus.SUSPENDED)
    with pytest.raises(NotForSale):
        catalogue.offer(product.id)


def test_an_offer_is_read_once_in_a_few_seconds(tiered: Product):
    first = catalogue.offer(tiered.id)
    assert catalogue.offer(tiered.id) is first


def test_an_offer_is_found_by_its_address(tiered: Product):
    assert catalogue.offer_at(tiered.store.slug, tiered.slug) is catalogue.offer(tiered.id)


def test_an_address_of_another_store_leads_nowhere(tiered: Product):
    with pytest.raises(NotFound):
        catalogue.offer_at("another-store", tiered.slug)


def test_a_changed_price_holds_once_the_old_offer_is_forgotten(tiered: Product):
    catalogue.offer(tiered.id)
    Product.objects.filter(pk=tiered.pk).update(price=1234)
    catalogue.forget()
    assert catalogue.offer(tiered.id).quote(1).total == Money(1234, "CNY")


def test_an_offer_of_a_twin_carries_its_clock():
    twin = TwinFactory.create(clock_ahead=timedelta(days=30))
    product = ProductFactory.create(store=StoreFactory.create(merchant=twin))
    offer = catalogue.offer(product.id)
    assert clock.now(offer) - clock.now() > timedelta(days=29)


@pytest.mark.parametrize(
    ("language", "zh", "en", "shown"),
    [
        ("zh-hans", "卡", "card", "卡"),
        ("en", "卡", "card", "card"),
        ("en", "卡", "", "卡"),
        ("zh-hans", "", "card", "card"),
    ],
)
def test_a_name_is_shown_in_the_readers_language_else_in_the_other(
    language: str, zh: str, en: str, shown: str
):
    store = Store(name_zh=zh, name_en=en)
    with translation.override(language):
        assert store.name == shown
