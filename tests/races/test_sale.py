"""Races of the sale, with real threads on real connections."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from itertools import chain

import pytest

from kernel import clock
from kernel.actors import SYSTEM
from ledger import auditor, closes
from ledger.models import Account, Transaction
from merchants.errors import OutOfStock
from merchants.models import StockItem
from outbox.models import Event
from payments.channels.news import Reply
from payments.errors import HoldsTooMuch, TooManyUnpaid
from payments.invariants import INVARIANTS
from payments.limits import UNPAID_PER_CONTACT
from payments.models import Notice, Order, Payment
from payments.services import attempts, baskets, expiry, notices, orders, refunds, sweeps
from tests.factories import payments as make
from tests.ledger.threads import together

pytestmark = pytest.mark.django_db(transaction=True)


def offences() -> list[str]:
    """The codes of the invariants of the sale that do not hold now."""
    return [finding.invariant.code for finding in auditor.audit(INVARIANTS) if not finding.holds]


def sold(at: make.Shop) -> int:
    return StockItem.objects.filter(product=at.product, state="delivered").count()


def test_fifty_notices_of_one_order_deliver_once_and_post_once():
    at = make.shop(60)
    order = make.place(at)
    payment = make.payment_of(order)
    request = make.notice(payment)
    replies = together([lambda: notices.take(payment.notify_token, request)] * 50)
    assert Counter(replies) == {Reply(200, b"success"): 50}
    assert (sold(at), Transaction.objects.count(), Notice.objects.count()) == (1, 1, 1)
    assert Event.objects.filter(topic="order.paid").count() == 1
    assert offences() == []


def test_fifty_notices_under_keys_of_their_own_pay_once():
    at = make.shop(60)
    payment = make.payment_of(make.place(at))
    requests = [make.notice(payment, notify_id=f"key{number:08}") for number in range(50)]
    replies = together([lambda r=request: notices.take(payment.notify_token, r) for request in requests])
    assert Counter(replies) == {Reply(200, b"success"): 50}
    assert (sold(at), Transaction.objects.count()) == (1, 1)
    assert offences() == []


def test_two_hundred_buyers_on_a_hundred_keys_buy_exactly_a_hundred():
    at = make.shop(100)

    def buy() -> list[str]:
        outcomes = []
        for _ in range(5):
            try:
                outcomes.append(make.paid(at).fulfilment)
            except OutOfStock:
                outcomes.append("sold out")
        return outcomes

    outcomes = Counter(chain.from_iterable(together([buy] * 40)))
    assert outcomes == {"delivered": 100, "sold out": 100}
    assert sold(at) == 100
    assert offences() == []


def test_fifty_taps_on_one_form_place_one_order():
    at = make.shop(60)
    form = make.basket(at)
    placed = together([lambda: orders.place(baskets.ask(form), decision_id=None, review=False)] * 50)
    assert len({each.token for each in placed}) == 1
    assert Order.objects.count() == 1
    assert StockItem.objects.filter(state="reserved").count() == 1


def test_one_mailbox_gets_no_more_unpaid_orders_than_it_may():
    at = make.shop(60)

    def grab() -> str:
        try:
            return str(make.place(at, contact="one@example.com").contact_slot)
        except TooManyUnpaid:
            return "refused"

    outcomes = Counter(together([grab] * 30))
    slots = {str(slot): 1 for slot in range(1, UNPAID_PER_CONTACT + 1)}
    assert outcomes == {**slots, "refused": 30 - UNPAID_PER_CONTACT}
    assert StockItem.objects.filter(state="reserved").count() == UNPAID_PER_CONTACT


def test_one_buyer_who_orders_many_times_at_once_holds_no_more_than_a_share():
    at = make.shop(50, max_quantity=8)

    def grab() -> str:
        try:
            return str(make.place(at, quantity=8, contact="one@example.com").quantity)
        except HoldsTooMuch:
            return "refused"

    assert Counter(together([grab] * 5)) == {"8": 1, "refused": 4}
    assert StockItem.objects.filter(state="reserved").count() == 8


def test_a_hot_merchant_sells_while_its_books_are_closed_and_money_goes_back():
    at = make.shop(200)

    def sell() -> list[str]:
        return [make.paid(at).payment_state for _ in range(8)]

    def close() -> list[str]:
        for step in range(8):
            numbers = list(Account.objects.values_list("pk", flat=True))
            closes.close(numbers, clock.now() - timedelta(seconds=10 - step))
        return []

    def give_back() -> list[str]:
        for payment in Payment.objects.filter(use="applied")[:8]:
            refunds.conclude(set_aside(payment), refunds.RefundAnswer(refunds.Said.SUCCEEDED))
        return []

    outcomes = together([sell, sell, sell, sell, sell, sell, close, give_back, close])
    assert Counter(chain.from_iterable(outcomes)) == {"paid": 48}
    assert offences() == []


def set_aside(payment: Payment):
    with refunds.transaction.atomic():
        locked = refunds.lock(payment.pk)
        refund = refunds.set_aside(
            locked, locked.money, kind=refunds.RefundKind.VOLUNTARY, reason="", actor=SYSTEM
        )
    return refund.pk


def test_two_attempts_that_succeed_at_once_pay_the_order_once():
    at = make.shop()
    order = make.place(at)
    first = make.payment_of(order)
    second = attempts.open(order, "alipay.page")
    jobs: list[Callable[[], Reply]] = [
        lambda p=payment: notices.take(p.notify_token, make.notice(p)) for payment in (first, second)
    ]
    together(jobs * 10)
    assert sorted(Payment.objects.values_list("use", flat=True)) == ["applied", "surplus"]
    assert sold(at) == 1
    assert offences() == []


def test_money_that_comes_while_the_order_ends_is_never_lost():
    at = make.shop(40)
    placed = [make.place(at) for _ in range(20)]
    Order.objects.update(expires_at=clock.now() - timedelta(seconds=1))
    Payment.objects.update(state="closed", next_query_at=None)
    pay = [lambda o=order: make.pay(o) for order in placed]
    together([*pay, *[lambda: expiry.sweep(5)] * 10])
    assert set(Order.objects.values_list("payment_state", "fulfilment")) == {("paid", "delivered")}
    assert sold(at) == 20
    assert offences() == []


def test_many_workers_confirm_what_was_kept_once():
    at = make.shop(40)
    payments = [make.payment_of(make.place(at)) for _ in range(40)]
    for payment in payments:
        keep(payment)
    done = together([lambda: sweeps.confirm_notices(40)] * 8)
    assert sum(done) == 40
    assert (sold(at), Transaction.objects.count()) == (40, 40)
    assert offences() == []


def keep(payment: Payment) -> None:
    """Store a genuine notice without confirming it, as if a minute ago."""
    request = make.notice(payment)
    till = notices.accounts.till(payment.account_id)
    said = till.channel.read_notice(till.account, request)
    at = clock.now() - timedelta(minutes=1)
    key = make.uuid4()
    Notice.objects.create(
        id=key,
        account_id=payment.account_id,
        payment=payment,
        key=said.key,
        digest=said.digest,
        said=said.state,
        channel_txn=said.channel_txn,
        amount=said.amount.amount,
        currency=said.amount.currency,
        occurred_at=said.occurred_at,
        body=b"",
        received_at=at,
    )
