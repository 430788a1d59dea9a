"""The rates of a sale, against figures counted by hand."""

import pytest

from kernel import clock
from keyway.operators import today
from payments import metrics, sales
from payments.models import Order, Payment
from tests.factories import payments as make

pytestmark = pytest.mark.django_db


def end(order: Order) -> None:
    order.enter("expired", field="payment_state", closed_at=clock.now())


@pytest.fixture
def day(shop: make.Shop) -> make.Shop:
    """Five orders: one paid, one open, two expired of which one was never given anything to pay by, one more
    that was paid although its method had not answered.
    """
    make.paid(shop)
    make.place(shop)
    end(make.place(shop))
    unanswered, lucky = make.place(shop), make.place(shop)
    Payment.objects.filter(order__in=[unanswered, lucky]).update(action_kind="", action_value="")
    end(unanswered)
    make.pay(lucky)
    return shop


def test_the_paid_share_counts_every_order_that_was_placed(day):
    rate = metrics.rates(Order.objects.all()).paid_share
    assert (rate.part, rate.whole, rate.percent) == (2, 5, 40)


def test_payment_success_counts_orders_that_somebody_tried_to_pay_and_that_ended(day):
    rate = metrics.rates(Order.objects.all()).payment_success
    assert (rate.part, rate.whole, rate.percent) == (2, 3, 67)


def test_without_orders_there_is_no_rate(db):
    assert [rate.percent for rate in metrics.rates(Order.objects.none())] == [None, None]


def test_merchants_and_operators_read_the_same_rates(day):
    assert sales.today(day.merchant).rates == today.read().trade.rates == metrics.rates(Order.objects.all())


def test_the_rates_are_one_query(day, django_assert_num_queries):
    with django_assert_num_queries(1):
        metrics.rates(Order.objects.all())
