"""The last days of a merchant: each figure on its day, and the same rate that the day's page shows."""

from datetime import timedelta

import pytest
import time_machine

from kernel import clock
from kernel.actors import SYSTEM
from payments import metrics, trends
from payments.channels.base import RefundAnswer, RefundState
from payments.models import Order
from payments.services import refunds
from tests.factories import payments as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> make.Shop:
    return make.shop(10)


def test_a_merchant_without_orders_has_a_row_of_nothing_for_each_day(shop):
    trend = trends.read(shop.merchant, days=7)
    assert (len(trend.days), sum(money.amount for money in trend.sold)) == (7, 0)


def test_what_was_paid_today_stands_on_today(shop):
    make.paid(shop)
    make.paid(shop, quantity=2)
    assert [money.amount for money in trends.read(shop.merchant, days=3).sold] == [0, 0, 3_000]


def test_what_was_paid_yesterday_stands_on_yesterday(shop):
    with time_machine.travel(clock.now() - timedelta(days=1), tick=True):
        make.paid(shop)
    assert [money.amount for money in trends.read(shop.merchant, days=2).sold] == [1_000, 0]


def test_another_merchants_sales_are_not_counted(shop):
    make.paid(make.shop())
    assert trends.read(shop.merchant, days=1).sold[0].amount == 0


def test_a_refund_counts_once_the_channel_gave_it_back(shop):
    order = make.paid(shop)
    refund = refunds.book(payment=order.payments.get(), amount=order.price, reason="x", actor=SYSTEM)
    assert trends.read(shop.merchant, days=1).refunded[0].amount == 0
    refunds.conclude(refund.pk, RefundAnswer(RefundState.SUCCEEDED))
    assert trends.read(shop.merchant, days=1).refunded[0].amount == 1_000


def test_the_rate_of_a_day_is_that_of_the_metric(shop):
    make.paid(shop)
    make.place(shop)
    failed = make.place(shop)
    Order.objects.filter(pk=failed.pk).update(payment_state="expired")
    rate = trends.read(shop.merchant, days=1).success[0]
    same = metrics.rates(Order.objects.filter(merchant=shop.merchant)).payment_success
    assert (rate.part, rate.whole) == (same.part, same.whole)
