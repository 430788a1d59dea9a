"""The bottom of the site."""

import pytest
from django.test import Client

from merchants.models import Store
from merchants.states import StoreStatus

pytestmark = pytest.mark.django_db


def page():
    return Client(headers={"Accept-Language": "en"}).get("/").content.decode()


def test_merchants_find_the_way_in(shop):
    assert 'href="/account/login/"' in page()


def test_a_place_of_play_lists_its_open_shops(shop):
    assert f"/s/{shop.product.store.slug}/" in page()


def test_a_closed_shop_is_not_listed(shop):
    Store.objects.update(status=StoreStatus.CLOSED)
    assert shop.product.store.slug not in page()


def test_production_tells_nobody_whose_shops_it_carries(shop, settings):
    settings.KEYWAY_STAGE = "production"
    assert shop.product.store.slug not in page()
