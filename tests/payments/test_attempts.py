"""Attempts to pay, and questions about them."""

from datetime import timedelta

import pytest

from kernel import clock, ids
from payments import limits
from payments.errors import MethodUnavailable, NotPayable
from payments.models import Alert, ChannelAccount, Notice, Payment, Refund
from payments.services import attempts, queries, schedule, sweeps
from tests.factories import payments as make
from tests.payments.channels import alipay_world as alipay

pytestmark = pytest.mark.django_db


def qr(payment, code="https://qr.alipay.com/bax0"):
    return alipay.done(out_trade_no=payment.reference, qr_code=code)


def trade(payment, status="TRADE_SUCCESS", amount="10.00"):
    """Alipay's answer to a query."""
    return alipay.done(
        out_trade_no=payment.reference,
        trade_no="2026QUERY",
        trade_status=status,
        total_amount=amount,
        send_pay_date="2026-11-22 15:30:01",
    )


ABSENT = alipay.failed("ACQ.TRADE_NOT_EXIST")


def overdue(order):
    order.__class__.objects.filter(pk=order.pk).update(expires_at=clock.now() - timedelta(seconds=1))


def test_an_intent_becomes_a_code_to_scan(online, gateway):
    payment = make.payment_of(make.place(online, method="alipay.qr"))
    gateway.answers.append(qr(payment))
    opened = attempts.start(payment.pk)
    assert (opened.state, opened.action.value) == ("pending", "https://qr.alipay.com/bax0")
    assert opened.latency_ms is not None


def test_a_channel_that_does_not_answer_leaves_the_attempt_unknown(online, gateway):
    payment = make.payment_of(make.place(online, method="alipay.qr"))
    gateway.answers.append(502)
    assert attempts.start(payment.pk).state == "unknown"


def test_a_channel_that_refuses_fails_the_attempt_and_says_why(online, gateway):
    payment = make.payment_of(make.place(online, method="alipay.qr"))
    gateway.answers.append(alipay.failed("ACQ.INVALID_PARAMETER"))
    failed = attempts.start(payment.pk)
    assert (failed.state, failed.code) == ("failed", "ACQ.INVALID_PARAMETER")


def test_an_unknown_attempt_that_never_arrived_is_opened_under_its_own_number(online, gateway):
    payment = make.payment_of(make.place(online, method="alipay.qr"))
    gateway.answers.append(502)
    attempts.start(payment.pk)
    gateway.answers += [ABSENT, qr(payment)]
    assert queries.ask(payment.pk).state == "pending"
    numbers = {call.content["out_trade_no"] for call in gateway.calls}
    assert numbers == {payment.reference}


def test_an_intent_whose_process_died_is_taken_up_by_the_sweep(online, gateway):
    payment = make.payment_of(make.place(online, method="alipay.qr"))
    Payment.objects.filter(pk=payment.pk).update(next_query_at=clock.now())
    gateway.answers += [ABSENT, qr(payment)]
    assert sweeps.ask_channels(10) == 1
    assert make.payment_of(payment.order).state == "pending"


def test_another_method_opens_at_once_and_the_old_attempt_is_due(online):
    order = make.place(online)
    first = make.payment_of(order)
    second = attempts.open(order, "alipay.wap")
    assert (second.ordinal, second.state) == (2, "pending")
    assert Payment.objects.get(pk=first.pk).next_query_at <= clock.now()


def test_the_old_attempt_is_closed_behind_the_new_one(online, gateway):
    order = make.place(online)
    first = make.payment_of(order)
    attempts.open(order, "alipay.wap")
    closed = alipay.done(out_trade_no=first.reference, trade_no="2026QUERY")
    gateway.answers += [trade(first, "WAIT_BUYER_PAY"), closed]
    assert queries.ask(first.pk).state == "closed"
    assert gateway.calls[-1].method == "alipay.trade.close"


def test_a_late_success_of_an_old_attempt_is_surplus_once_the_order_is_paid(online, gateway):
    order = make.place(online)
    first = make.payment_of(order)
    attempts.open(order, "alipay.wap")
    make.pay(order)
    gateway.answers.append(trade(first))
    assert queries.ask(first.pk).use == "surplus"
    assert Refund.objects.get(payment=first).kind == "surplus"


def test_an_old_attempt_that_is_paid_first_pays_the_order(online, gateway):
    order = make.place(online)
    first = make.payment_of(order)
    attempts.open(order, "alipay.wap")
    gateway.answers.append(trade(first))
    queries.ask(first.pk)
    order.refresh_from_db()
    assert (order.payment_state, order.fulfilment) == ("paid", "delivered")


def test_a_lost_notice_is_made_up_for_by_a_question(online, gateway):
    order = make.place(online)
    payment = make.payment_of(order)
    gateway.answers.append(trade(payment))
    queries.ask(payment.pk)
    order.refresh_from_db()
    assert order.payment_state == "paid"
    assert Notice.objects.get(payment=payment).asked


def test_a_notice_after_the_question_changes_nothing(online, gateway):
    order = make.place(online)
    payment = make.payment_of(order)
    gateway.answers.append(trade(payment))
    queries.ask(payment.pk)
    assert make.pay(order, trade_no="2026QUERY").body == b"success"
    assert Payment.objects.filter(use="applied").count() == 1


def test_a_buyer_who_has_not_paid_is_asked_about_again(online, gateway):
    payment = make.payment_of(make.place(online))
    gateway.answers.append(ABSENT)
    asked = queries.ask(payment.pk)
    assert (asked.state, asked.queries) == ("pending", 1)
    assert asked.next_query_at > clock.now()


def test_a_payment_that_is_asked_about_is_leased(online):
    make.place(online)
    Payment.objects.update(next_query_at=clock.now())
    assert len(queries.claim_due(10)) == 1
    assert queries.claim_due(10) == []


def test_silence_changes_nothing_while_the_buyer_may_pay(online, gateway):
    payment = make.payment_of(make.place(online))
    gateway.answers.append(502)
    asked = queries.ask(payment.pk)
    assert (asked.state, asked.queries) == ("pending", 1)


def test_a_day_of_silence_is_told(online, gateway):
    order = make.place(online)
    overdue(order)
    payment = make.payment_of(order)
    Payment.objects.filter(pk=payment.pk).update(next_query_at=clock.now())
    limits_passed(payment)
    gateway.answers.append(502)
    assert queries.ask(payment.pk).state == "unknown"
    assert Alert.objects.get().code == "payment.unknown"


def limits_passed(payment):
    """As if it had been opened two days ago: by a payment of the same order that really was."""
    order = payment.order
    Payment.objects.filter(pk=payment.pk).update(state="closed", next_query_at=None)
    payment.pk, payment.ordinal, payment.notify_token = ids.new(), 2, "b" * 23
    payment.created_at -= 2 * limits.UNKNOWN_ALERT_AFTER
    payment.order = order
    payment.save(force_insert=True)


def test_no_payment_opens_for_an_order_that_is_paid(shop):
    with pytest.raises(NotPayable):
        attempts.open(make.paid(shop), "alipay.page")


def test_no_payment_opens_for_an_order_whose_time_is_up(shop):
    order = make.place(shop)
    overdue(order)
    with pytest.raises(NotPayable):
        attempts.open(order, "alipay.page")


def test_an_order_opens_a_bounded_number_of_payments(shop):
    order = make.place(shop)
    for _ in range(limits.MAX_ATTEMPTS - 1):
        attempts.open(order, "alipay.page")
    with pytest.raises(MethodUnavailable):
        attempts.open(order, "alipay.page")


def test_a_buyer_who_says_that_it_was_paid_is_believed_when_the_channel_agrees(online, gateway):
    order = make.place(online)
    gateway.answers.append(trade(make.payment_of(order)))
    queries.ask_now(order)
    order.refresh_from_db()
    assert order.payment_state == "paid"


def test_a_buyer_asks_every_few_seconds_at_most(online, gateway):
    order = make.place(online)
    gateway.answers.append(ABSENT)
    queries.ask_now(order)
    queries.ask_now(order)
    assert len(gateway.calls) == 1


SECONDS = [5, 15, 60]


def pauses(count, *, waits_for_buyer):
    now = clock.now()
    times = [schedule.next_question(now, asked=n, waits_for_buyer=waits_for_buyer) for n in range(count)]
    return [(time - now).total_seconds() for time in times]


def test_a_pending_payment_is_asked_about_every_minute():
    assert pauses(6, waits_for_buyer=True) == [*SECONDS, 60, 60, 60]


def test_an_unknown_payment_is_asked_about_ever_more_rarely():
    assert pauses(6, waits_for_buyer=False) == [*SECONDS, 300, 3600, 3600]


def test_one_payment_that_cannot_be_asked_about_does_not_keep_the_others(online, gateway):
    broken = make.payment_of(make.place(make.shop(gateway=gateway.url)))
    ChannelAccount.objects.filter(pk=broken.account_id).update(secrets=b"unreadable", version=2)
    asked = make.payment_of(make.place(online))
    Payment.objects.update(next_query_at=clock.now())
    gateway.answers.append(ABSENT)
    assert sweeps.ask_channels(10) == 1
    assert Payment.objects.get(pk=asked.pk).queries == 1


def test_a_sweep_takes_a_bounded_part_of_its_work(online, gateway):
    for _ in range(3):
        make.place(online)
    Payment.objects.update(next_query_at=clock.now())
    gateway.answers += [ABSENT, ABSENT]
    assert sweeps.ask_channels(2) == 2
    assert len(gateway.calls) == 2
