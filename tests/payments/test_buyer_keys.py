"""An order carries its buyer's key: the same in every shop, and nobody else's later."""

import pytest
from django.db import IntegrityError, transaction

from buyers.keys import email_key
from payments.models import Order
from tests.factories import payments as make

pytestmark = pytest.mark.django_db


def test_one_address_has_one_key_in_every_shop(shop):
    orders = [make.place(at, contact="Bai@Example.com") for at in (shop, make.shop())]
    assert {bytes(Order.objects.get(pk=order.pk).buyer_key) for order in orders} == {
        email_key("bai@example.com")
    }


def test_another_address_has_another_key(shop):
    assert email_key(" BAI@example.com") != bytes(make.place(shop, contact="b@example.com").buyer_key)


def test_the_database_makes_no_order_somebody_elses(shop):
    order = make.place(shop)
    with pytest.raises(IntegrityError, match="stays its buyer's"), transaction.atomic():
        Order.objects.filter(pk=order.pk).update(buyer_key=b"somebody elses.")


def test_whose_an_order_was_can_be_forgotten(shop):
    order = make.place(shop)
    assert Order.objects.filter(pk=order.pk).update(buyer_key=None) == 1
