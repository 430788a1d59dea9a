"""Another amount than was asked for: it pays nothing, ends the order's waiting, and goes back."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction

from kernel import clock
from kernel.money import Money
from ledger import balances
from merchants.models import StockItem
from outbox.models import Event
from payments.channels.base import ChargeAnswer, ChargeState
from payments.models import Alert, Order, Payment, Refund
from payments.postings import Books
from payments.services import attempts, expiry, queries, refunds, sweeps
from tests.api.client import api_of
from tests.factories import payments as make
from tests.payments.channels import alipay_world as alipay
from tests.payments.test_attempts import trade
from tests.payments.test_confirmations import age, kept

pytestmark = pytest.mark.django_db


def asked(gateway, payment, amount):
    """Ask about a payment that came with another amount."""
    gateway.answers.append(trade(payment, amount=amount))
    return queries.ask(payment.pk)


def states_of_keys(at):
    return sorted(StockItem.objects.filter(product=at.product).values_list("state", flat=True))


@pytest.fixture
def short(online, gateway):
    """An order of 10.00 for which 9.99 came."""
    payment = make.payment_of(make.place(online))
    return asked(gateway, payment, "9.99")


@pytest.mark.parametrize(
    ("amount", "flag"), [("9.99", "underpaid"), ("0.01", "underpaid"), ("10.01", "overpaid")]
)
def test_it_ends_the_order_gives_the_keys_back_and_marks_it(online, gateway, amount, flag):
    order = make.place(online)
    payment = asked(gateway, make.payment_of(order), amount)
    order.refresh_from_db()
    assert (payment.state, payment.use, str(payment.came.decimal)) == ("succeeded", "surplus", amount)
    assert (order.payment_state, order.fulfilment, order.flags) == ("cancelled", "none", [flag])
    assert set(states_of_keys(online)) == {"available"}


def test_what_came_is_booked_and_goes_back_whole_by_itself(short, online, gateway):
    refund = Refund.objects.get(payment=short)
    assert (refund.kind, refund.amount, refund.state) == ("surplus", 999, "requested")
    gateway.answers += [
        alipay.failed("ACQ.TRADE_NOT_EXIST"),
        alipay.done(out_trade_no=short.reference, fund_change="Y", refund_fee="9.99"),
    ]
    refunds.ask_by_id(refund.pk)
    short.refresh_from_db()
    assert (short.refunded, short.refundable.amount) == (999, 0)
    books = Books(short.merchant_id, short.account_id, "CNY", short.book)
    far = clock.now() + timedelta(days=400)
    assert not any(
        balances.of(key, at=far).available for key in (books.surplus, books.receivable, books.merchant)
    )


def test_the_api_says_what_came_beside_what_was_asked_for(short, online):
    api = api_of(online.merchant)
    payment = api.get(f"/payments/{short.reference}").json()
    assert (payment["amount"]["amount"], payment["received"]["amount"]) == (1000, 999)
    assert api.get(f"/orders/{short.order.key}").json()["received"]["amount"] == 999


def test_a_person_is_told_once_however_often_it_is_said(short, gateway):
    make.pay(short.order, total_amount="9.99", trade_no="2026QUERY")
    assert [alert.code for alert in Alert.objects.all()] == ["payment.other_amount"]


def test_the_message_alone_changes_nothing_and_has_the_channel_asked_at_once(online):
    order = make.place(online)
    assert make.pay(order, total_amount="9.99").body == b"fail"
    order.refresh_from_db()
    assert order.payment_state == "pending"
    assert make.payment_of(order).next_query_at <= clock.now()


def test_the_message_again_is_taken_once_the_money_is_known(short):
    assert make.pay(short.order, total_amount="9.99", trade_no="2026QUERY").body == b"success"
    assert Payment.objects.get().received == 999


def test_the_right_amount_afterwards_under_the_same_number_pays_nothing(short):
    assert make.pay(short.order, trade_no="2026OTHER").body == b"fail"
    short.order.refresh_from_db()
    assert short.order.payment_state == "cancelled"


def test_a_message_about_an_ended_attempt_has_the_channel_asked_too(online, gateway):
    order = make.place(online)
    payment = make.payment_of(order)
    attempts.conclude(payment, ChargeAnswer(ChargeState.CLOSED))
    assert make.pay(order, total_amount="9.99").body == b"fail"
    gateway.answers.append(trade(payment, amount="9.99"))
    assert sweeps.ask_channels(10) == 1
    payment.refresh_from_db()
    assert (payment.use, payment.received, payment.next_query_at) == ("surplus", 999, None)


def test_while_another_attempt_is_open_the_order_goes_on(online, gateway):
    order = make.place(online)
    first = make.payment_of(order)
    second = attempts.open(order, "alipay.wap")
    asked(gateway, first, "9.99")
    order.refresh_from_db()
    assert (order.payment_state, order.underpaid, second.state) == ("pending", True, "pending")
    make.pay(order)
    order.refresh_from_db()
    assert (order.payment_state, order.fulfilment) == ("paid", "delivered")


def test_beside_a_paid_order_it_is_a_second_payment(online, gateway):
    order = make.place(online)
    first = make.payment_of(order)
    attempts.open(order, "alipay.wap")
    make.pay(order)
    asked(gateway, first, "9.99")
    order.refresh_from_db()
    assert (order.payment_state, order.flags) == ("paid", ["duplicate"])


@pytest.mark.parametrize("answer", [{"currency": "USD"}, {"amount": 0}])
def test_what_cannot_be_counted_is_not_booked_and_ends_the_attempt(online, answer):
    order = make.place(online)
    payment = make.payment_of(order)
    money = Money(answer.get("amount", 1000), answer.get("currency", "CNY"))
    said = ChargeAnswer(ChargeState.SUCCEEDED, channel_txn="2026ODD", paid=money)
    attempts.conclude(payment, said)
    payment.refresh_from_db()
    assert (payment.state, payment.failure, payment.next_query_at) == ("failed", "amount_mismatch", None)
    assert Alert.objects.get().code == "notice.mismatch"
    Order.objects.filter(pk=order.pk).update(expires_at=clock.now() - timedelta(seconds=1))
    assert expiry.sweep(10) == 1


def test_money_of_another_payments_transaction_ends_the_attempt(online, gateway):
    make.pay(make.place(online), trade_no="2026QUERY")
    payment = make.payment_of(make.place(online))
    asked(gateway, payment, "10.00")
    payment.refresh_from_db()
    assert (payment.state, payment.code) == ("failed", "txn_used")


def test_an_order_whose_kept_message_is_refused_waits_again(online):
    order = make.place(online)
    notice = kept(order, total_amount="9.99")
    age(notice)
    Order.objects.filter(pk=order.pk).update(payment_state="processing")
    assert sweeps.confirm_notices(10) == 1
    order.refresh_from_db()
    assert order.payment_state == "pending"


def test_the_database_lets_nobody_call_another_amount_the_price(online, short):
    for changes in ({"use": "applied"}, {"received": 998}, {"received": None}):
        with pytest.raises(DatabaseError), transaction.atomic():
            Payment.objects.filter(pk=short.pk).update(**changes)


def test_the_buyer_reads_what_came_and_that_it_goes_back(short, client):
    page = client.get(f"/o/{short.order.token}/", headers={"Accept-Language": "en"}).content.decode()
    assert "¥9.99 came, and the order costs CN¥10.00" in page
    assert "Nothing was charged" not in page


def test_it_is_told_as_surplus_and_as_the_end_of_the_order(short):
    topics = set(Event.objects.filter(subject_id=short.order_id).values_list("topic", flat=True))
    assert topics == {"order.placed", "order.cancelled", "payment.surplus"}


def test_the_auditor_finds_nothing_after_all_of_this(short, offences):
    assert offences() == []


def test_the_auditor_finds_an_order_that_would_wait_for_ever(online, offences):
    order = make.place(online)
    Order.objects.filter(pk=order.pk).update(expires_at=clock.now() - timedelta(hours=1))
    Payment.objects.filter(order=order).update(next_query_at=clock.now() + timedelta(minutes=2))
    assert offences() == ["payments.expires"]
