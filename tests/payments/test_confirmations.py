"""Money that came: what becomes of it."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection

from kernel import clock
from kernel.money import Money
from ledger import balances, posting
from ledger.models import Entry, Transaction
from merchants.models import StockItem
from outbox.models import Event
from payments.models import Alert, Notice, Order, Payment, Refund
from payments.postings import Books
from payments.services import attempts, confirmations, expiry, notices, orders, sweeps
from payments.states import NoticeState
from tests.factories import payments as make
from tests.factories.ledger import key, sold

pytestmark = pytest.mark.django_db


def kept(order, **changes):
    """A genuine notice that was stored and not confirmed."""
    payment = make.payment_of(order)
    request = make.notice(payment, **changes)
    to = notices.addressee(payment)
    till = notices.accounts.till(payment.account_id)
    said = till.channel.read_notice(till.account, request)
    notices.store(to, said, request.body, NoticeState.RECEIVED)
    return Notice.objects.get(payment=payment, key=said.key)


def held_by(shop, account):
    """What an account of the shop's books holds, available and pending together."""
    at = balances.of(getattr(Books(shop.merchant.pk, shop.account.pk, "CNY", shop.merchant.book), account))
    return (at.available + at.pending).amount


def expired(order):
    """The order, ended unpaid."""
    Order.objects.filter(pk=order.pk).update(expires_at=clock.now() - timedelta(minutes=1))
    Payment.objects.filter(order=order).update(state="closed", next_query_at=None)
    expiry.sweep(10)
    order.refresh_from_db()
    return order


def test_a_sale_is_posted_with_both_fees(shop):
    make.paid(shop, quantity=2)
    # 20.00: 0.60 to the platform, 0.12 to Alipay, both from the merchant.
    assert held_by(shop, "merchant") == 2000 - 60 - 12
    assert held_by(shop, "receivable") == 2000 - 12
    assert held_by(shop, "platform_fee") == 60
    assert held_by(shop, "channel_fee") == 0


def test_the_platform_bears_the_channels_fee_where_the_plan_says_so(db):
    at = make.shop(merchant_bears_channel=False)
    make.paid(at, quantity=2)
    assert held_by(at, "merchant") == 2000 - 60
    assert held_by(at, "channel_fee") == 12


def test_the_merchants_money_waits_for_the_next_business_day(shop):
    order = make.paid(shop)
    payment = make.payment_of(order)
    legs = Entry.objects.filter(account__purpose="merchant").values_list("available_at", flat=True)
    assert set(legs) == {payment.available_at}
    assert payment.available_at > order.paid_at


def test_the_fees_are_kept_with_the_payment(shop):
    payment = make.payment_of(make.paid(shop))
    assert (payment.platform_fee, payment.channel_fee, payment.merchant_bears_channel) == (30, 6, True)


def test_exactly_the_quantity_is_delivered(shop):
    order = make.paid(shop, quantity=3)
    assert StockItem.objects.filter(order_id=order.pk, state="delivered").count() == 3
    assert StockItem.objects.filter(state="available").count() == 2


def test_a_paid_order_tells_once_that_it_is_paid_and_once_that_it_is_delivered(shop):
    order = make.paid(shop)
    topics = Event.objects.filter(subject_id=order.pk).order_by("id").values_list("topic", flat=True)
    assert list(topics) == ["order.placed", "order.paid", "order.delivered"]


def test_many_notices_are_confirmed_in_one_transaction(db):
    at = make.shop(40)
    waiting = [kept(make.place(at)).pk for _ in range(40)]
    assert confirmations.confirm(waiting) == 40
    assert set(Order.objects.values_list("payment_state", "fulfilment")) == {("paid", "delivered")}
    assert Transaction.objects.count() == 40
    assert set(Notice.objects.values_list("state", flat=True)) == {"applied"}


def test_many_notices_of_many_merchants_are_confirmed_in_one_transaction(db):
    shops = [make.shop() for _ in range(5)]
    waiting = [kept(make.place(shop)).pk for shop in shops]
    assert confirmations.confirm(waiting) == 5
    assert [held_by(shop, "merchant") for shop in shops] == [1000 - 30 - 6] * 5


def test_one_that_spoils_the_batch_does_not_keep_the_others(db):
    at = make.shop(4)
    make.pay(make.place(at), trade_no="2026SAME")
    good, bad = make.place(at), make.place(at)
    waiting = [kept(good).pk, kept(bad, trade_no="2026SAME").pk]
    with pytest.raises(DatabaseError):
        confirmations.confirm(waiting)
    assert Order.objects.get(pk=good.pk).payment_state == "paid"
    assert Order.objects.get(pk=bad.pk).payment_state == "pending"


def test_a_notice_is_confirmed_once_however_often_it_is_asked(shop):
    notice = kept(make.place(shop))
    assert confirmations.confirm([notice.pk]) == 1
    assert confirmations.confirm([notice.pk]) == 0


def test_a_second_payment_of_a_paid_order_is_surplus_and_goes_back(online):
    order = make.place(online)
    first = make.payment_of(order)
    second = attempts.open(order, "alipay.page")
    make.pay(order)
    notices.take(first.notify_token, make.notice(first))
    order.refresh_from_db()
    assert order.duplicate
    assert Payment.objects.get(pk=second.pk).use == "applied"
    assert Payment.objects.get(pk=first.pk).use == "surplus"
    refund = Refund.objects.get(payment=first)
    assert (refund.kind, refund.state, refund.money) == ("surplus", "requested", Money(1000, "CNY"))


def test_two_payments_of_one_order_in_one_batch_pay_it_once(online):
    order = make.place(online)
    first = make.payment_of(order)
    one = kept(order)
    attempts.open(order, "alipay.page")
    other = kept(order)
    confirmations.confirm([one.pk, other.pk])
    assert sorted(Payment.objects.filter(order=order).values_list("use", flat=True)) == ["applied", "surplus"]
    assert StockItem.objects.filter(order_id=order.pk, state="delivered").count() == 1
    assert Payment.objects.get(pk=first.pk).state == "succeeded"


def test_surplus_is_kept_apart_from_the_merchants_money(online):
    order = make.place(online)
    first = make.payment_of(order)
    attempts.open(order, "alipay.page")
    make.pay(order)
    notices.take(first.notify_token, make.notice(first))
    assert held_by(online, "merchant") == 1000 - 30 - 6
    assert held_by(online, "surplus") == 0
    assert held_by(online, "transit") == 1000 - 6


def test_a_late_success_finds_its_keys_again(shop):
    order = expired(make.place(shop))
    make.pay(order)
    order.refresh_from_db()
    assert (order.payment_state, order.fulfilment, order.paid_late) == ("paid", "delivered", True)


def test_a_late_success_without_keys_is_surplus(db):
    at = make.shop(1)
    order = expired(make.place(at))
    make.paid(at)
    make.pay(order)
    order.refresh_from_db()
    assert (order.payment_state, order.paid_late, order.duplicate) == ("expired", True, False)
    assert Refund.objects.get(order=order).kind == "surplus"


def test_keys_that_went_missing_are_told_and_the_money_is_booked(shop):
    order = make.place(shop, quantity=2)
    # Not a move of ours: as if the shelf had been damaged.
    StockItem.objects.filter(order_id=order.pk).update(
        state="available", order_id=None, ordinal=None, reserved_until=None
    )
    make.pay(order)
    order.refresh_from_db()
    assert (order.payment_state, order.fulfilment) == ("paid", "failed")
    assert Alert.objects.get().code == "delivery.failed"
    assert Transaction.objects.count() == 1


def test_a_channels_time_is_believed_within_reason(shop):
    order = make.place(shop)
    make.pay(order, gmt_payment="2020-01-01 00:00:00")
    order.refresh_from_db()
    assert order.paid_at == order.placed_at


def test_a_twins_money_is_dated_by_its_own_clock(db):
    twin = make.sandbox_shop()
    type(twin.merchant).objects.filter(pk=twin.merchant.pk).update(clock_ahead="3 days")
    order = make.paid(twin)
    assert (order.paid_at - clock.now()).days >= 2


def test_a_notice_that_cannot_be_confirmed_now_is_kept_and_its_order_waits(shop):
    order = make.place(shop)
    spoil_the_books(make.payment_of(order))
    assert make.pay(order).body == b"success"
    order.refresh_from_db()
    assert order.payment_state == "processing"
    assert Notice.objects.get().state == "received"


def test_a_notice_that_stays_stuck_is_told(shop):
    order = make.place(shop)
    spoil_the_books(make.payment_of(order))
    make.pay(order)
    age(Notice.objects.get())
    for _ in range(3):
        sweeps.confirm_notices(10)
    assert Alert.objects.get().code == "notice.stuck"
    assert Notice.objects.get().tries == 3


def spoil_the_books(payment):
    """Take the reference that this payment's transaction would have."""
    posting.post(sold(key(), 1, reference=f"payment:{payment.reference}:captured"))


def test_what_was_kept_is_confirmed_by_the_sweep(shop):
    order = make.place(shop)
    notice = kept(order)
    age(notice)
    assert sweeps.confirm_notices(10) == 1
    order.refresh_from_db()
    assert order.payment_state == "paid"


def age(notice):
    """As if it had come a minute ago: a notice is evidence, so the guards look away."""
    earlier = clock.now() - timedelta(minutes=1)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE payments_notice SET received_at = %s WHERE id = %s", [earlier, notice.pk])
        cursor.execute("SET LOCAL session_replication_role = origin")


def test_one_that_cannot_be_confirmed_at_all_is_refused_and_told(db):
    at = make.shop(4)
    make.pay(make.place(at), trade_no="2026SAME")
    bad, good = make.place(at), make.place(at)
    for notice in (kept(bad, trade_no="2026SAME"), kept(good)):
        age(notice)
    sweeps.confirm_notices(10)
    assert Order.objects.get(pk=good.pk).payment_state == "paid"
    assert Notice.objects.get(payment__order=bad).state == "refused"
    assert Alert.objects.get().code == "notice.mismatch"


def test_the_auditor_finds_nothing_after_all_of_this(online, offences):
    order = make.place(online)
    first = make.payment_of(order)
    attempts.open(order, "alipay.page")
    make.pay(order)
    notices.take(first.notify_token, make.notice(first))
    late = expired(make.place(online))
    make.pay(late)
    expired(make.place(online))
    make.paid(online, review=True)
    assert offences() == []


def test_an_order_that_was_placed_again_by_its_form_is_paid_once(shop):
    form = make.basket(shop)
    asked = orders.place(make.baskets.ask(form), decision_id=None, review=False)
    make.pay(make.found(asked))
    again = orders.place(make.baskets.ask(form), decision_id=None, review=False)
    assert again.again
    assert Order.objects.count() == 1
