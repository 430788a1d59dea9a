"""Money that goes back."""

from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kernel import clock, ids
from kernel.actors import SYSTEM, Actor, ActorKind
from kernel.money import Money
from ledger import balances
from ledger.errors import BalanceTooLow
from ledger.models import Entry, Transaction
from outbox.models import Event
from payments.errors import NothingLeft, NotRefundable, RefundTooLarge
from payments.models import Alert, Payment, Refund
from payments.postings import Books
from payments.services import attempts, notices, refunds, sweeps
from tests.factories import payments as make
from tests.factories.ledger import paid_out
from tests.payments.channels import alipay_world as alipay

pytestmark = pytest.mark.django_db

MEMBER = Actor(ActorKind.MEMBER, ids.new())
ABSENT = alipay.failed("ACQ.TRADE_NOT_EXIST")
REFUSED = alipay.failed("ACQ.SELLER_BALANCE_NOT_ENOUGH")


def yuan(fen):
    return Money(fen, "CNY")


def done(payment, fen):
    """Alipay's answer: the money went."""
    return alipay.done(out_trade_no=payment.reference, fund_change="Y", refund_fee=str(yuan(fen).decimal))


def asked(refund, fen):
    """Alipay's answer to the question what became of it: it went."""
    return alipay.done(
        out_trade_no=refund.payment.reference,
        out_request_no=refund.request_no,
        refund_amount=str(yuan(fen).decimal),
        refund_status="REFUND_SUCCESS",
    )


def book(payment, fen, **more):
    return refunds.book(payment=payment, amount=yuan(fen), reason="bad key", actor=MEMBER, **more)


def balance(shop, account="merchant"):
    at = balances.of(getattr(Books(shop.merchant.pk, shop.account.pk, "CNY", shop.merchant.book), account))
    return (at.available + at.pending).amount


@pytest.fixture
def payment(online):
    """A sale of 10.00 that was paid: 0.30 to the platform, 0.06 to Alipay."""
    return make.payment_of(make.paid(online))


def test_a_whole_refund_leaves_nothing_anywhere(online, gateway, payment):
    gateway.answers.append(done(payment, 1000))
    assert book(payment, 1000).state == "succeeded"
    accounts = ["merchant", "receivable", "transit", "platform_fee", "channel_fee"]
    assert [balance(online, account) for account in accounts] == [0] * 5


def test_a_whole_refund_is_said_of_the_order(online, gateway, payment):
    gateway.answers.append(done(payment, 1000))
    book(payment, 1000)
    assert make.found_again(payment).payment_state == "refunded"


def test_a_part_goes_back_with_its_part_of_the_fees(online, gateway, payment):
    gateway.answers.append(done(payment, 500))
    refund = book(payment, 500)
    assert (refund.platform_fee, refund.channel_fee) == (15, 3)
    assert make.found_again(payment).payment_state == "partially_refunded"
    assert balance(online) == (1000 - 36) // 2


@given(parts=st.lists(st.integers(1, 400), min_size=1, max_size=6), price=st.integers(1, 5000))
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_sequence_of_parts_ends_at_the_exact_mirror(gateway, parts, price):
    at = make.shop(gateway=gateway.url, price=price)
    paid = make.payment_of(make.paid(at))
    left = price
    for part in [*parts, price]:
        amount = min(part, left)
        if amount:
            gateway.answers.append(done(paid, amount))
            book(paid, amount)
            left -= amount
    accounts = ["merchant", "receivable", "transit"]
    assert [balance(at, account) for account in accounts] == [0] * 3


def test_more_than_is_left_changes_nothing(online, payment):
    with pytest.raises(RefundTooLarge) as refusal:
        book(payment, 1001)
    assert refusal.value.context == {"left": yuan(1000)}
    assert not Refund.objects.exists()


def test_what_is_on_its_way_counts_as_gone(online, gateway, payment):
    gateway.answers.append(502)
    book(payment, 600)
    with pytest.raises(RefundTooLarge) as refusal:
        book(payment, 401)
    assert refusal.value.context == {"left": yuan(400)}


@pytest.mark.parametrize("fen", [0, -1])
def test_nothing_is_no_refund(online, payment, fen):
    with pytest.raises(NotRefundable):
        book(payment, fen)


def test_where_all_has_gone_back_the_refusal_says_so(online, gateway, payment):
    gateway.answers.append(done(payment, 1000))
    book(payment, 1000)
    with pytest.raises(NothingLeft):
        book(payment, 1)


def test_an_unpaid_payment_has_nothing_to_give_back(shop):
    with pytest.raises(NotRefundable):
        book(make.payment_of(make.place(shop)), 1)


def test_the_sales_own_pending_money_is_cover(online, gateway, payment):
    assert payment.available_at > clock.now()
    gateway.answers.append(done(payment, 1000))
    assert book(payment, 1000).state == "succeeded"


def test_a_voluntary_refund_without_cover_changes_nothing(online, payment):
    books = Books(online.merchant.pk, online.account.pk, "CNY", online.merchant.book)
    make.post(paid_out(books.merchant, 964, payment.available_at))
    with pytest.raises(BalanceTooLow):
        book(payment, 1000)
    assert not Refund.objects.exists()
    assert Payment.objects.get(pk=payment.pk).refund_pending == 0


def test_a_refund_is_dated_with_its_sale(online, gateway, payment):
    gateway.answers.append(done(payment, 1000))
    book(payment, 1000)
    legs = Entry.objects.filter(account__purpose="merchant").values_list("available_at", flat=True)
    assert set(legs) == {payment.available_at}


def test_silence_is_unknown_and_keeps_the_money_aside(online, gateway, payment):
    gateway.answers.append(502)
    refund = book(payment, 1000)
    assert refund.state == "unknown"
    assert Payment.objects.get(pk=payment.pk).refund_pending == 1000
    assert balance(online, "transit") == 994


def test_a_refund_that_is_unknown_for_a_day_is_told(online, gateway, payment):
    gateway.answers += [502, 502]
    refund = book(payment, 1000)
    assert not Alert.objects.exists()
    with time_machine.travel(clock.now() + timedelta(hours=25)):
        refunds.ask(refund)
    assert Alert.objects.get().code == "refund.unknown"


def test_an_unknown_refund_is_asked_about_under_its_own_number(online, gateway, payment):
    gateway.answers.append(502)
    refund = book(payment, 1000)
    gateway.answers.append(asked(refund, 1000))
    assert refunds.ask(refund).state == "succeeded"
    assert {call.content["out_request_no"] for call in gateway.calls} == {refund.request_no}


def test_a_refund_that_never_arrived_is_sent_again_under_its_own_number(online, gateway, payment):
    gateway.answers.append(502)
    refund = book(payment, 1000)
    gateway.answers += [ABSENT, done(payment, 1000)]
    assert refunds.ask(refund).state == "succeeded"
    numbers = [call.content["out_request_no"] for call in gateway.calls]
    assert numbers == [refund.request_no] * 3


def test_a_refund_that_the_channel_refuses_gives_the_money_back(online, gateway, payment):
    before = balance(online)
    gateway.answers.append(REFUSED)
    refund = book(payment, 1000)
    payment.refresh_from_db()
    assert (refund.state, payment.refund_pending, payment.refunded) == ("failed", 0, 0)
    assert (payment.platform_fee_returned, payment.channel_fee_returned) == (0, 0)
    assert (balance(online), balance(online, "transit")) == (before, 0)
    assert Alert.objects.get().code == "refund.failed"


def test_each_posting_names_what_it_takes_back(online, gateway, payment):
    gateway.answers.append(REFUSED)
    book(payment, 1000)
    told = Transaction.objects.filter(reverses__isnull=False).order_by("id")
    kinds = list(told.values_list("kind", "reverses__kind"))
    assert kinds == [("refund.set_aside", "payment.captured"), ("refund.given_up", "refund.set_aside")]


def test_after_a_refusal_the_whole_can_still_go_back(online, gateway, payment):
    gateway.answers.append(REFUSED)
    book(payment, 300)
    gateway.answers.append(done(payment, 1000))
    book(payment, 1000)
    assert [balance(online, account) for account in ("merchant", "transit", "receivable")] == [0] * 3


def test_the_same_form_makes_one_refund(online, gateway, payment):
    form = uuid4()
    gateway.answers.append(done(payment, 400))
    first = book(payment, 400, form_key=form)
    assert book(payment, 400, form_key=form).pk == first.pk
    assert len(gateway.calls) == 1


def test_every_step_of_a_refund_is_told(online, gateway, payment):
    gateway.answers.append(502)
    refund = book(payment, 1000)
    gateway.answers.append(asked(refund, 1000))
    refunds.ask(refund)
    topics = Event.objects.filter(subject_id=refund.pk).order_by("id").values_list("topic", flat=True)
    assert list(topics) == ["refund.requested", "refund.unknown", "refund.succeeded"]


def test_the_sweep_sends_surplus_back(online, gateway):
    order = make.place(online)
    first = make.payment_of(order)
    attempts.open(order, "alipay.page")
    make.pay(order)
    notices.take(first.notify_token, make.notice(first))
    gateway.answers += [ABSENT, done(first, 1000)]
    assert sweeps.send_refunds(10) == 1
    assert Refund.objects.get().state == "succeeded"
    # Alipay's fee of the surplus came back too: nobody paid for it.
    accounts = ["surplus", "transit", "channel_fee"]
    assert [balance(online, account) for account in accounts] == [0] * 3


def test_surplus_going_back_leaves_the_order_paid(online, gateway):
    order = make.place(online)
    first = make.payment_of(order)
    attempts.open(order, "alipay.page")
    make.pay(order)
    notices.take(first.notify_token, make.notice(first))
    gateway.answers += [ABSENT, done(first, 1000)]
    sweeps.send_refunds(10)
    order.refresh_from_db()
    assert order.payment_state == "paid"


def test_surplus_is_never_refunded_by_hand(online, gateway):
    order = make.place(online)
    first = make.payment_of(order)
    attempts.open(order, "alipay.page")
    make.pay(order)
    notices.take(first.notify_token, make.notice(first))
    with pytest.raises(NotRefundable):
        book(first, 1)


@pytest.mark.parametrize("said", ["pending", "unknown", "absent", "succeeded"])
def test_a_refund_that_succeeded_stays_so_unless_its_channel_fails_it(online, gateway, payment, said):
    gateway.answers.append(done(payment, 1000))
    refund = book(payment, 1000)
    before = Transaction.objects.count()
    refunds.conclude(refund.pk, refunds.RefundAnswer(refunds.Said(said)))
    refund.refresh_from_db()
    assert (refund.state, Transaction.objects.count()) == ("succeeded", before)


def test_the_auditor_finds_nothing_after_refunds(online, gateway, payment, offences):
    gateway.answers += [done(payment, 300), REFUSED, 502]
    for fen in (300, 200, 100):
        book(payment, fen)
    other = make.payment_of(make.paid(online))
    gateway.answers.append(done(other, 1000))
    refunds.book(payment=other, amount=yuan(1000), reason="", actor=SYSTEM)
    assert offences() == []
