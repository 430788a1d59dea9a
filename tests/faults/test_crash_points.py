"""`kill -9` at each named point of the sale: after the restart nothing is lost and nothing happened twice.

Web, worker, sandbox and broker are real processes; the one under test dies inside of the request or the task
that reaches the point. What others do meanwhile (the channel repeats its notice, beat asks again) is ordered
by the test instead of waited for.
"""

from datetime import timedelta

import pytest

from merchants.states import StockState
from payments.crash_points import CRASH_POINTS
from payments.models import Order, Refund
from payments.sandbox.models import Trade
from tests.faults.house import House
from tests.faults.people import Buyer, Died, Wallet
from tests.faults.shops import KEYS, Shop, let_clock_run, open_shop, prove_books, prove_sold_once
from tests.processes import until

PLACE = ["place.after_reserve", "place.before_commit"]
ATTEMPT = ["attempt.after_intent", "attempt.after_channel"]
NOTICE_LOST = ["notice.after_verify", "notice.before_commit"]
NOTICE_KEPT = ["notice.after_commit"]
WORKER = ["expire.after_close", "refund.after_channel"]
ASK, EXPIRE, REFUND = (
    "payments.tasks.ask_channels",
    "payments.tasks.expire_orders",
    "payments.tasks.sweep_refunds",
)


@pytest.fixture
def buyer(house: House) -> Buyer:
    return Buyer(house.web_url)


@pytest.fixture
def wallet(house: House) -> Wallet:
    return Wallet(house.sandbox_url)


def _bought(shop: Shop, buyer: Buyer, wallet: Wallet, method: str = "alipay.page") -> str:
    """An order whose buyer stands at the cashier. Gives its address."""
    buyer.open_form(shop.path, method)
    order = buyer.order(shop.path)
    wallet.look(shop.payments()[0].action_value)
    return order


def test_every_point_has_its_test():
    assert sorted(PLACE + ATTEMPT + NOTICE_LOST + NOTICE_KEPT + WORKER) == sorted(CRASH_POINTS)


@pytest.mark.parametrize("point", PLACE)
def test_an_order_that_was_being_placed_never_was_and_can_be_placed(
    house: House, buyer: Buyer, wallet: Wallet, point: str
):
    shop = open_shop(house)
    house.arm("web", point)
    buyer.open_form(shop.path, "alipay.page")
    with pytest.raises(Died):
        buyer.order(shop.path)
    house.mend("web")
    assert not Order.objects.filter(product=shop.product).exists()
    assert shop.keys() == {StockState.AVAILABLE: KEYS}
    buyer.order(shop.path)
    payment = shop.payments()[0]
    wallet.look(payment.action_value)
    wallet.pay(payment.reference)
    shop.wait_until_delivered()
    prove_sold_once(shop)


@pytest.mark.parametrize("point", ATTEMPT)
def test_a_payment_that_was_being_opened_is_opened_under_its_own_number(
    house: House, buyer: Buyer, wallet: Wallet, point: str
):
    shop = open_shop(house)
    house.arm("web", point)
    buyer.open_form(shop.path, "alipay.qr")
    with pytest.raises(Died):
        buyer.order(shop.path)
    house.mend("web")
    [payment] = shop.payments()
    assert payment.action_value == ""
    assert Trade.objects.filter(out_trade_no=payment.reference).count() == (point == "attempt.after_channel")
    # The buyer sends the same form again and gets the same order; its code comes with the next question.
    buyer.order(shop.path)
    shop.let_time_pass()
    house.work(ASK)
    until(lambda: bool(shop.payments()[0].action_value), lambda: vars(shop.payments()[0]))
    assert Trade.objects.filter(out_trade_no=payment.reference).count() == len(shop.payments()) == 1
    wallet.look(shop.payments()[0].action_value)
    wallet.pay(payment.reference)
    shop.wait_until_delivered()
    prove_sold_once(shop)


@pytest.mark.parametrize("point", NOTICE_LOST)
def test_a_notice_that_died_before_its_commit_changes_nothing_and_comes_again(
    house: House, buyer: Buyer, wallet: Wallet, point: str
):
    shop = open_shop(house)
    _bought(shop, buyer, wallet)
    house.arm("web", point)
    reference = shop.payments()[0].reference
    wallet.pay(reference)
    house.mend("web")
    assert (shop.order().payment_state, shop.order().fulfilment) == ("pending", "none")
    assert shop.keys() == {StockState.RESERVED: 1, StockState.AVAILABLE: KEYS - 1}
    wallet.tell_again(reference)
    shop.wait_until_delivered()
    prove_sold_once(shop)


@pytest.mark.parametrize("point", NOTICE_KEPT)
def test_a_notice_that_died_after_its_commit_is_done_and_its_repeat_gets_the_same_reply(
    house: House, buyer: Buyer, wallet: Wallet, point: str
):
    shop = open_shop(house)
    _bought(shop, buyer, wallet)
    house.arm("web", point)
    reference = shop.payments()[0].reference
    wallet.pay(reference)
    house.mend("web")
    prove_sold_once(shop)
    assert not _accepted(wallet, reference)
    wallet.tell_again(reference)
    until(lambda: _accepted(wallet, reference), lambda: wallet.stand(reference))
    prove_sold_once(shop)


def test_a_payment_that_was_closed_by_a_dying_worker_is_ended_by_the_next(
    house: House, buyer: Buyer, wallet: Wallet
):
    shop = open_shop(house, twin=True)
    _bought(shop, buyer, wallet)
    reference = shop.payments()[0].reference
    let_clock_run(shop.merchant, timedelta(hours=2))
    shop.let_time_pass()
    house.arm("worker", "expire.after_close")
    house.work(ASK)
    house.mend("worker")
    assert wallet.stand(reference)["status"] == "TRADE_CLOSED"
    assert shop.order().payment_state == "pending"
    assert shop.keys()[StockState.RESERVED] == 1
    shop.let_time_pass()
    house.work(ASK)
    until(lambda: shop.payments()[0].state == "closed", lambda: vars(shop.payments()[0]))
    house.work(EXPIRE)
    until(lambda: shop.order().payment_state == "expired", lambda: shop.order().payment_state)
    assert shop.keys() == {StockState.AVAILABLE: KEYS}
    prove_books(shop)


def test_a_refund_that_was_sent_by_a_dying_worker_is_found_and_not_sent_again(
    house: House, buyer: Buyer, wallet: Wallet
):
    shop = open_shop(house)
    order = _bought(shop, buyer, wallet)
    surplus = shop.payments()[0].reference
    wallet.pay(surplus, "silence")
    buyer.pay_otherwise(order, "alipay.qr")
    second = shop.payments()[1]
    wallet.look(second.action_value)
    wallet.pay(second.reference)
    shop.wait_until_delivered()
    shop.let_time_pass()
    house.work(ASK)
    until(
        lambda: Refund.objects.filter(payment=shop.payments()[0]).exists(), lambda: vars(shop.payments()[0])
    )
    house.arm("worker", "refund.after_channel")
    house.work(REFUND)
    house.mend("worker")
    assert list(wallet.stand(surplus)["refunds"].values()) == ["10.00"]
    assert Refund.objects.get(payment=shop.payments()[0]).state != "succeeded"
    shop.let_time_pass()
    house.work(REFUND)
    refund = Refund.objects.get(payment=shop.payments()[0])
    until(lambda: Refund.objects.get(pk=refund.pk).state == "succeeded", lambda: vars(refund))
    assert list(wallet.stand(surplus)["refunds"].values()) == ["10.00"]
    assert shop.keys()[StockState.DELIVERED] == 1
    prove_books(shop)


def _accepted(wallet: Wallet, reference: str) -> bool:
    return all(notice["is_accepted"] for notice in wallet.stand(reference)["notices"])
