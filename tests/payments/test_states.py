"""The tables of states, in the code and in the database."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from kernel.machine import IllegalMove
from payments.models import Order, Payment
from payments.states import (
    ATTEMPT,
    DISPUTE,
    FUNDS,
    NOTICE,
    ORDER_FULFILMENT,
    ORDER_PAYMENT,
    REFUND,
    AttemptState,
    Fulfilment,
    PaymentState,
)
from tests.factories import payments as make

pytestmark = pytest.mark.django_db

MACHINES = {
    "order_payment": ORDER_PAYMENT,
    "order_fulfilment": ORDER_FULFILMENT,
    "attempt": ATTEMPT,
    "notice": NOTICE,
    "refund": REFUND,
    "dispute": DISPUTE,
    "dispute_funds": FUNDS,
}
PAIRS = [
    (name, source, target)
    for name, machine in MACHINES.items()
    for source in type(machine.start)
    for target in type(machine.start)
]


def test_the_database_allows_what_the_tables_allow():
    said = {}
    with connection.cursor() as cursor:
        for name, source, target in PAIRS:
            cursor.execute(f"SELECT payments_{name}_may(%s, %s)", [source, target])
            said[name, source, target] = cursor.fetchone()[0]
    assert said == {pair: MACHINES[pair[0]].allows(*pair[1:]) for pair in PAIRS}


def refused(rows, **changes):
    with pytest.raises(DatabaseError), transaction.atomic():
        rows.update(**changes)


def test_the_database_refuses_a_move_outside_the_table(shop):
    order = make.place(shop)
    refused(Order.objects.filter(pk=order.pk), payment_state="refunded", paid_at=order.placed_at)


def test_the_database_refuses_goods_for_an_unpaid_order(shop):
    order = make.place(shop)
    refused(Order.objects.filter(pk=order.pk), fulfilment="delivered", delivered_at=order.placed_at)


@pytest.mark.parametrize(
    "change", [{"total": 1, "unit_price": 1}, {"quantity": 2}, {"number": "D2611-AAAA-AA"}]
)
def test_what_was_agreed_never_changes(shop, change):
    refused(Order.objects.filter(pk=make.place(shop).pk), **change)


def test_a_payments_amount_never_changes(shop):
    refused(Payment.objects.filter(order=make.place(shop)), amount=1)


def test_a_success_is_a_fact(shop):
    refused(Payment.objects.filter(order=make.paid(shop)), channel_txn="another")


def test_what_has_happened_keeps_its_time(shop):
    order = make.paid(shop)
    refused(Order.objects.filter(pk=order.pk), paid_at=order.paid_at + timedelta(seconds=1))


def test_a_flag_is_never_taken_away(shop):
    order = make.place(shop)
    Order.objects.filter(pk=order.pk).update(paid_late=True)
    refused(Order.objects.filter(pk=order.pk), paid_late=False)


def test_an_order_is_never_deleted(shop):
    order = make.place(shop)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM payments_order WHERE id = %s", [order.pk])


def test_two_payments_cannot_pay_one_order(shop):
    order = make.paid(shop)
    first = make.payment_of(order)
    first.pk, first.ordinal, first.notify_token, first.state = None, 2, "another", AttemptState.PENDING
    first.use, first.channel_txn, first.paid_at, first.available_at = "", "", None, None
    first.save(force_insert=True)
    paid = make.payment_of(order)
    refused(
        Payment.objects.filter(pk=paid.pk),
        state="succeeded",
        use="applied",
        channel_txn="t2",
        paid_at=order.paid_at,
        available_at=order.paid_at,
    )


def test_a_payment_of_another_amount_than_its_orders_is_refused(shop):
    order = make.place(shop)
    payment = make.payment_of(order)
    payment.pk, payment.ordinal, payment.notify_token, payment.amount = None, 2, "another", 1
    with pytest.raises(DatabaseError), transaction.atomic():
        payment.save(force_insert=True)


def test_the_one_door_refuses_what_the_table_does_not_allow(shop):
    order = make.place(shop)
    with pytest.raises(IllegalMove):
        order.enter(PaymentState.REFUNDED, field="payment_state")


def test_the_one_door_refuses_a_row_that_has_moved_on(shop):
    order = make.paid(shop, review=True)
    stale = Order.objects.get(pk=order.pk)
    order.enter(Fulfilment.DELIVERED, field="fulfilment", delivered_at=order.paid_at)
    with pytest.raises(IllegalMove):
        stale.enter(Fulfilment.REVOKED, field="fulfilment")
