"""The end of unpaid orders: query, close, and only then the keys go back."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from kernel import clock
from kernel.actors import BUYER, SYSTEM
from merchants.models import StockItem
from merchants.services import merchants
from outbox.models import Event
from payments import limits
from payments.errors import NoMoreTime, NotPayable
from payments.models import Order, Payment
from payments.services import attempts, expiry, queries, sweeps
from tests.factories import payments as make
from tests.payments.channels import alipay_world as alipay
from tests.payments.test_attempts import ABSENT, trade

pytestmark = pytest.mark.django_db


def overdue(order):
    """The order, its time up and its payment due."""
    Order.objects.filter(pk=order.pk).update(expires_at=clock.now() - timedelta(seconds=1))
    Payment.objects.filter(order=order).update(next_query_at=clock.now())
    return order


def available():
    return StockItem.objects.filter(state="available").count()


def run():
    """One round of the sweeps."""
    sweeps.ask_channels(10)
    return expiry.sweep(10)


def test_an_order_that_nobody_pays_ends_and_its_keys_go_back(online, gateway):
    order = overdue(make.place(online, quantity=2))
    gateway.answers.append(ABSENT)
    assert run() == 1
    order.refresh_from_db()
    assert (order.payment_state, available()) == ("expired", 5)
    assert Event.objects.filter(subject_id=order.pk, topic="order.expired").count() == 1


def test_a_charge_that_waits_is_closed_at_the_channel_first(online, gateway):
    order = overdue(make.place(online))
    payment = make.payment_of(order)
    gateway.answers += [trade(payment, "WAIT_BUYER_PAY"), alipay.done(out_trade_no=payment.reference)]
    run()
    assert [call.method for call in gateway.calls] == ["alipay.trade.query", "alipay.trade.close"]
    assert Order.objects.get(pk=order.pk).payment_state == "expired"


def test_keys_stay_reserved_while_the_channel_says_nothing(online, gateway):
    order = overdue(make.place(online))
    gateway.answers.append(502)
    assert run() == 0
    assert (Order.objects.get(pk=order.pk).payment_state, available()) == ("pending", 4)


def test_an_order_that_was_paid_at_the_last_second_is_delivered(online, gateway):
    order = overdue(make.place(online))
    gateway.answers.append(trade(make.payment_of(order)))
    run()
    order.refresh_from_db()
    assert (order.payment_state, order.fulfilment) == ("paid", "delivered")


def test_an_order_that_is_paid_between_question_and_close_is_delivered(online, gateway):
    order = overdue(make.place(online))
    payment = make.payment_of(order)
    gateway.answers += [
        trade(payment, "WAIT_BUYER_PAY"),
        alipay.failed("ACQ.TRADE_STATUS_ERROR"),
        trade(payment),
    ]
    run()
    assert Order.objects.get(pk=order.pk).payment_state == "paid"


def test_an_order_whose_time_is_not_up_stays(online):
    make.place(online)
    assert expiry.sweep(10) == 0


def test_a_twins_order_ends_by_the_twins_clock(db, gateway):
    twin = make.sandbox_shop(gateway=gateway.url)
    order = make.place(twin)
    type(twin.merchant).objects.filter(pk=twin.merchant.pk).update(clock_ahead="1 hour")
    Payment.objects.update(next_query_at=clock.now())
    gateway.answers.append(ABSENT)
    assert run() == 1
    assert Order.objects.get(pk=order.pk).payment_state == "expired"


def test_moving_a_twins_clock_asks_about_what_is_over_at_once(db, gateway):
    twin = make.sandbox_shop(gateway=gateway.url)
    order = make.place(twin)
    Payment.objects.update(next_query_at=clock.now() + timedelta(minutes=1))
    merchants.set_clock(twin.merchant, order.expires_at, actor=SYSTEM)
    gateway.answers.append(ABSENT)
    assert run() == 1
    assert Order.objects.get(pk=order.pk).payment_state == "expired"


def test_moving_a_twins_clock_asks_about_nothing_that_still_waits(db, gateway):
    twin = make.sandbox_shop(gateway=gateway.url)
    order = make.place(twin)
    later = clock.now() + timedelta(minutes=1)
    Payment.objects.update(next_query_at=later)
    merchants.advance_clock(twin.merchant, timedelta(minutes=1), actor=SYSTEM)
    assert make.payment_of(order).next_query_at == later


def test_the_last_question_comes_when_the_time_is_up(online, gateway):
    order = make.place(online)
    Order.objects.filter(pk=order.pk).update(expires_at=clock.now() + timedelta(seconds=3))
    gateway.answers.append(ABSENT)
    asked = queries.ask(make.payment_of(order).pk)
    assert asked.next_query_at <= clock.now() + timedelta(seconds=3)


def test_more_time_moves_the_end_of_order_and_keys(shop):
    order = make.place(shop)
    before = order.expires_at
    expiry.extend(order)
    assert order.expires_at == before + limits.EXTENSION
    assert StockItem.objects.get(order_id=order.pk).reserved_until == order.expires_at


def test_more_time_is_given_twice(shop):
    order = make.place(shop)
    for _ in range(2):
        expiry.extend(order)
    with pytest.raises(NoMoreTime):
        expiry.extend(order)


def test_two_taps_at_one_end_give_more_time_once(shop):
    order = make.place(shop)
    known = order.expires_at
    ends = {expiry.extend(order, known=known).expires_at for _ in range(2)}
    order.refresh_from_db()
    assert (ends, order.extensions) == ({known + limits.EXTENSION}, 1)


def test_keys_that_others_wait_for_are_not_held_longer():
    at = make.shop(5)
    order = make.place(at, quantity=3)
    with pytest.raises(NoMoreTime):
        expiry.extend(order)


@pytest.mark.parametrize(
    "change",
    [
        "expires_at = expires_at + interval '1 minute'",
        "expires_at = expires_at + interval '16 minutes', extensions = 1",
        "extensions = 3",
    ],
)
def test_the_database_gives_no_time_that_is_not_counted(shop, change):
    make.place(shop)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE payments_order SET {change}")


def test_a_payment_ends_at_its_own_time_and_the_order_lives_on(online, gateway):
    order = make.place(online)
    expiry.extend(order)
    Payment.objects.update(expires_at=clock.now() - timedelta(seconds=1), next_query_at=clock.now())
    gateway.answers.append(ABSENT)
    assert run() == 0
    assert make.payment_of(order).state == "closed"
    assert attempts.open(order, "alipay.page").expires_at == order.expires_at


def test_a_cancelled_order_gives_its_keys_back(online, gateway):
    order = make.place(online)
    gateway.answers.append(ABSENT)
    assert expiry.cancel(order, actor=BUYER).payment_state == "cancelled"
    assert available() == 5


def test_an_order_cannot_be_cancelled_while_the_channel_says_nothing(online, gateway):
    order = make.place(online)
    gateway.answers.append(502)
    assert expiry.cancel(order, actor=BUYER).payment_state == "pending"
    assert available() == 4


def test_a_paid_order_cannot_be_cancelled(shop):
    with pytest.raises(NotPayable):
        expiry.cancel(make.paid(shop), actor=BUYER)


def test_a_cancelled_order_that_is_paid_after_all_is_delivered(online, gateway):
    order = make.place(online)
    gateway.answers.append(ABSENT)
    expiry.cancel(order, actor=BUYER)
    make.pay(order)
    order.refresh_from_db()
    assert (order.payment_state, order.fulfilment, order.paid_late) == ("paid", "delivered", True)


def test_the_auditor_finds_nothing_after_an_end(online, gateway, offences):
    overdue(make.place(online))
    gateway.answers.append(ABSENT)
    run()
    assert offences() == []
