"""Products: drafts, prices by quantity, on the shelf and off it."""

import pytest

from audit.models import AuditRow
from kernel.actors import SYSTEM
from kernel.errors import Invalid
from kernel.machine import IllegalMove
from merchants.errors import NotForSale, TiersNotFalling
from merchants.models import Product, Store
from merchants.services import catalogue, products, stores
from merchants.states import ProductStatus, StoreStatus
from tests.factories.merchants import ProductFactory, StoreFactory, TwinFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def store() -> Store:
    return StoreFactory.create()


def make(store: Store, **more: object) -> Product:
    fields = {"slug": "keys", "name_en": "Keys", "currency": "CNY", "price": 1000} | more
    return products.create(store, actor=SYSTEM, **fields)  # type: ignore[arg-type]


def test_a_new_product_is_a_draft(store: Store):
    assert make(store).status == ProductStatus.DRAFT


def test_a_draft_is_not_sold(store: Store):
    with pytest.raises(NotForSale):
        catalogue.offer(make(store).id)


def test_prices_fall_with_the_quantity(store: Store):
    product = make(store, tiers={5: 900, 20: 800})
    assert products.tiers_of(product) == {5: 900, 20: 800}


@pytest.mark.parametrize("tiers", [{5: 1000}, {5: 1001}, {5: 900, 20: 900}, {5: 900, 20: 950}, {5: 0}])
def test_prices_that_do_not_fall_are_refused_and_nothing_is_made(store: Store, tiers: dict[int, int]):
    with pytest.raises(TiersNotFalling):
        make(store, tiers=tiers)
    assert not Product.objects.exists()


@pytest.mark.parametrize(
    "fields",
    [
        {"price": 0},
        {"min_quantity": 5, "max_quantity": 4},
        {"hold_minutes": 4},
        {"unpaid_share": 0},
        {"unpaid_share": 101},
        {"slug": "Not A Slug"},
        {"name_en": ""},
    ],
    ids=str,
)
def test_what_the_database_would_refuse_is_said_by_field(store: Store, fields: dict[str, object]):
    with pytest.raises(Invalid) as refusal:
        make(store, **fields)
    assert refusal.value.context["errors"]


def test_two_products_of_a_store_have_different_addresses(store: Store):
    make(store)
    with pytest.raises(Invalid):
        make(store)


def test_a_changed_price_is_on_record_with_the_old_one(store: Store):
    product = products.change(make(store), actor=SYSTEM, price=1200)
    row = AuditRow.objects.get(action="product.changed")
    assert (product.price, row.facts["changed"]) == (1200, {"price": [1000, 1200]})


def test_a_changed_price_is_sold_at_once_in_this_process(store: Store):
    product = products.enter(make(store), ProductStatus.LIVE, actor=SYSTEM)
    catalogue.offer(product.id)
    products.change(product, actor=SYSTEM, price=1200)
    assert catalogue.offer(product.id).price == 1200


def test_a_currency_stays(store: Store):
    product = products.change(make(store), actor=SYSTEM, currency="USD")
    assert product.currency == "CNY"


def test_what_was_sold_is_archived_and_may_come_back_as_a_draft(store: Store):
    product = products.enter(make(store), ProductStatus.ARCHIVED, actor=SYSTEM)
    assert products.enter(product, ProductStatus.DRAFT, actor=SYSTEM).status == ProductStatus.DRAFT


def test_an_archived_product_is_not_put_on_sale_directly(store: Store):
    product = products.enter(make(store), ProductStatus.ARCHIVED, actor=SYSTEM)
    with pytest.raises(IllegalMove):
        products.enter(product, ProductStatus.LIVE, actor=SYSTEM)


def test_a_closed_store_sells_nothing_from_now_on(store: Store):
    product = ProductFactory.create(store=store)
    catalogue.offer(product.id)
    stores.set_status(store, StoreStatus.CLOSED, actor=SYSTEM)
    with pytest.raises(NotForSale):
        catalogue.offer(product.id)


def test_a_twins_store_needs_its_ending(store: Store):
    twin = TwinFactory.create(twin_of=store.merchant)
    with pytest.raises(Invalid):
        stores.create(twin, "like-a-live-one", actor=SYSTEM, name_en="Store")
