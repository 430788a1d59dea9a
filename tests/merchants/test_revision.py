"""The revision: every change of what is sold, by whom and at what price is noticed, and nothing else is."""

import pytest
from django.db import connection, transaction

from merchants import revision
from merchants.models import Merchant, Product, Store
from payments.models import ChannelAccount
from tests.factories import payments as make
from tests.factories.merchants import PriceTierFactory
from tests.factories.settlement import FeePlanFactory

pytestmark = pytest.mark.django_db


def now() -> object:
    revision.forget()
    return revision.current()


@pytest.fixture
def shop() -> make.Shop:
    return make.shop()


CHANGES = {
    "a merchant": lambda shop: Merchant.objects.filter(pk=shop.merchant.pk).update(name="Other"),
    "a store": lambda shop: Store.objects.filter(merchant=shop.merchant).update(status="closed"),
    "a price": lambda shop: Product.objects.filter(pk=shop.product.pk).update(price=2),
    "a tier": lambda shop: PriceTierFactory.create(product=shop.product, from_quantity=10, unit_price=1),
    "an account": lambda shop: ChannelAccount.objects.filter(pk=shop.account.pk).update(status="paused"),
    "a plan": lambda shop: FeePlanFactory.create(merchant=shop.merchant),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_change_is_noticed(shop, what):
    before = now()
    CHANGES[what](shop)
    assert now() != before


def test_a_sale_is_no_change(shop):
    before = now()
    make.paid(shop)
    assert now() == before


def test_a_change_that_was_taken_back_leaves_no_trace_that_a_later_one_could_repeat(shop):
    seen = []
    for _ in range(3):
        with transaction.atomic():
            Product.objects.filter(pk=shop.product.pk).update(price=7)
            seen.append(now())
            transaction.set_rollback(True)
    assert len(set(seen)) == 3


def test_adding_up_changes_nothing_but_the_number_of_rows(shop):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE merchants_configuration_change SET at = at - interval '2 days'")
    before = now()
    revision.add_up()
    assert now() == before
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM merchants_configuration_change")
        assert cursor.fetchone() == (1,)
