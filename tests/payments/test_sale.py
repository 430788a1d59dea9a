"""The whole way of a sale, from the form to the keys."""

import pytest

from tests.factories import payments as make

pytestmark = pytest.mark.django_db


def test_an_order_that_is_paid_is_delivered():
    order = make.bought(make.shop())
    reply = make.pay(order)
    order.refresh_from_db()
    assert (reply.body, order.payment_state, order.fulfilment) == (b"success", "paid", "delivered")
