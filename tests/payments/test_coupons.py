"""Coupons on orders: the price, the uses, the ledger; however an order ends, and whenever its money comes."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from kernel import clock
from kernel.actors import BUYER, SYSTEM
from kernel.money import Money
from ledger import balances
from ledger.models import Transaction
from merchants import coupon_errors
from merchants.models import Coupon, CouponUse, StockItem
from merchants.states import Carrier, CouponKind, SettlementMode
from outbox.models import Event
from payments.errors import FormReused, TooManyGuesses
from payments.models import Order, Payment, Refund
from payments.postings import Books
from payments.services import baskets, checkout, codes, ends, expiry, orders, refunds
from tests.factories import cards
from tests.factories import payments as make
from tests.factories.coupons import CouponFactory, code_of, percentage
from tests.factories.merchants import MerchantFactory
from tests.payments.test_confirmations import expired
from tests.payments.test_refunds import done

pytestmark = pytest.mark.django_db
ONE = ("SAVE",)


def offered(at: make.Shop, code: str = "SAVE", **terms: Any) -> Coupon:
    """A coupon of the shop's with a code; three yuan off a price of ten unless a test says otherwise."""
    made = CouponFactory.create(merchant=at.merchant, **({"amount": 300} | terms))
    code_of(made, code)
    return made


@pytest.fixture
def carried(db) -> make.Shop:
    """A shop whose money the platform holds, and a coupon of three yuan that the platform carries."""
    at = make.shop(merchant=MerchantFactory.create(settlement_mode=SettlementMode.OWN_SUPPLY))
    offered(at, carrier=Carrier.PLATFORM)
    return at


def states(order: Order) -> list[str]:
    return list(CouponUse.objects.filter(order_id=order.pk).values_list("state", flat=True))


def used() -> int:
    return Coupon.objects.get().used


def worth(payment: Payment, name: str) -> int:
    books = Books(payment.merchant_id, payment.account_id, payment.currency, payment.book)
    at = balances.of(getattr(books, name))
    return (at.available + at.pending).amount


def again(order: Order) -> Order:
    return Order.objects.select_related("merchant").get(pk=order.pk)


def test_an_order_costs_its_list_price_less_its_codes(shop):
    offered(shop, stackable=True)
    percentage(10, merchant=shop.merchant, stackable=True).codes.create(merchant=shop.merchant, code="TENTH")
    order = make.place(shop, quantity=2, codes=("SAVE", "TENTH"))
    assert (order.unit_price, order.quantity, order.discount, order.total) == (1000, 2, 500, 1500)
    assert (order.list_price.amount, order.taken_off.amount, order.price.amount) == (2000, 500, 1500)
    assert make.payment_of(order).amount == 1500
    assert states(order) == ["reserved", "reserved"]


def test_an_order_without_codes_costs_its_list_price(shop):
    offered(shop)
    order = make.place(shop)
    assert (order.discount, order.total, states(order)) == (0, 1000, [])


def test_the_agreed_total_is_the_one_before_the_discount(shop):
    offered(shop)
    assert make.place(shop, codes=ONE, agreed=Money(1000, "CNY")).total == 700


def test_a_code_that_does_not_hold_leaves_no_trace(shop):
    offered(shop, minimum=1001)
    with pytest.raises(coupon_errors.CouponMinimum):
        checkout.buy(make.basket(shop, codes=ONE))
    assert not Order.objects.exists()
    assert not StockItem.objects.filter(state="reserved").exists()


def test_who_loses_the_last_use_has_no_order_and_no_keys(shop):
    offered(shop, most_uses=1)
    late = codes.judged(baskets.ask(make.basket(shop, codes=ONE)))
    make.place(shop, codes=ONE)
    with pytest.raises(coupon_errors.CouponUsedUp):
        orders.place(late, decision_id=None, review=False)
    assert Order.objects.count() == StockItem.objects.filter(state="reserved").count() == used() == 1


def test_codes_that_nobody_has_judged_place_nothing(shop):
    offered(shop)
    with pytest.raises(ValueError, match="judged"):
        orders.place(baskets.ask(make.basket(shop, codes=ONE)), decision_id=None, review=False)


def test_a_second_tap_gives_the_order_that_took_the_last_use(shop):
    offered(shop, most_uses=1)
    form = make.basket(shop, codes=ONE)
    first, second = checkout.buy(form), checkout.buy(form)
    assert (second.order_id, second.again, used()) == (first.order_id, True, 1)


@pytest.mark.parametrize("said", [(), ("OTHER",)])
def test_the_same_form_with_other_codes_is_refused(shop, said):
    offered(shop)
    offered(shop, "OTHER")
    form = make.basket(shop, codes=ONE)
    checkout.buy(form)
    with pytest.raises(FormReused):
        checkout.buy(replace(form, codes=said))


def test_who_guesses_codes_is_slowed_down(shop):
    offered(shop)
    guess = make.basket(shop, codes=("GUESS",), address="192.0.2.9")
    for _ in range(20):
        with pytest.raises(coupon_errors.CouponUnknown):
            checkout.buy(guess)
    with pytest.raises(TooManyGuesses):
        checkout.buy(replace(guess, codes=ONE))
    assert checkout.buy(make.basket(shop, codes=ONE))


def test_a_first_order_is_one_of_a_buyer_who_has_paid_none(shop):
    offered(shop, first_order=True, per_buyer=1)
    make.place(shop, contact="me@example.com")
    make.paid(shop, contact="you@example.com")
    assert make.place(shop, contact="me@example.com", codes=ONE).discount == 300
    with pytest.raises(coupon_errors.CouponFirstOrder):
        make.place(shop, contact="You+tag@example.com", codes=ONE)


def test_an_event_says_what_was_taken_off(shop):
    offered(shop)
    make.paid(shop, codes=ONE)
    told = Event.objects.filter(topic__in=["order.placed", "order.paid"]).values_list("payload", flat=True)
    assert [(payload["amount"], payload["discount"]) for payload in told] == [(700, 300)] * 2


def test_money_redeems_the_codes(shop, offences):
    offered(shop)
    order = make.paid(shop, codes=ONE)
    assert (order.payment_state, states(order), used()) == ("paid", ["redeemed"], 1)
    assert offences() == []


def test_an_order_that_expires_gives_its_codes_back_once(shop, offences):
    offered(shop)
    order = expired(make.place(shop, codes=ONE))
    expiry.sweep(10)
    assert (order.payment_state, states(order), used()) == ("expired", ["returned"], 0)
    assert offences() == []


def test_an_order_that_is_cancelled_gives_its_codes_back(shop, offences):
    offered(shop)
    order = make.place(shop, codes=ONE)
    Payment.objects.update(state="closed", next_query_at=None)
    expiry.cancel(order, actor=BUYER)
    assert (again(order).payment_state, states(order), used()) == ("cancelled", ["returned"], 0)
    assert offences() == []


def test_an_order_that_ends_by_another_amount_gives_its_codes_back(shop):
    offered(shop)
    order = make.place(shop, codes=ONE)
    Payment.objects.update(state="closed", next_query_at=None)
    ends.end_waiting([order.pk])
    assert (again(order).payment_state, states(order), used()) == ("cancelled", ["returned"], 0)


def test_money_that_comes_late_takes_the_codes_again(shop, offences):
    offered(shop, most_uses=1)
    order = expired(make.place(shop, codes=ONE))
    make.pay(order)
    late = again(order)
    assert (late.payment_state, late.fulfilment, late.paid_late) == ("paid", "delivered", True)
    assert (states(order), used()) == (["redeemed"], 1)
    assert offences() == []


def test_money_that_comes_after_the_code_is_gone_goes_back(shop, offences):
    offered(shop, most_uses=1)
    order = expired(make.place(shop, codes=ONE))
    make.place(shop, codes=ONE)
    make.pay(order)
    assert (again(order).payment_state, states(order), used()) == ("expired", ["returned"], 1)
    assert Refund.objects.get(order=order).amount == 700
    assert StockItem.objects.filter(order_id=order.pk).count() == 0
    assert offences() == []


def test_money_that_comes_after_the_codes_time_goes_back(shop, offences):
    made = offered(shop)
    order = expired(make.place(shop, codes=ONE))
    Coupon.objects.filter(pk=made.pk).update(ends_at=clock.now())
    make.pay(order)
    assert (again(order).payment_state, used()) == ("expired", 0)
    assert offences() == []


def test_the_same_word_twice_redeems_once(shop):
    offered(shop)
    order = expired(make.place(shop, codes=ONE))
    make.pay(order)
    make.pay(order)
    assert (states(order), used()) == (["redeemed"], 1)


def refund(payment: Payment, gateway: Any, amount: int) -> Refund:
    gateway.answers.append(done(payment, amount))
    return refunds.book(payment=payment, amount=Money(amount, "CNY"), reason="", actor=SYSTEM)


def test_a_whole_refund_gives_the_codes_back_and_a_part_does_not(online, gateway, offences):
    offered(online)
    order = make.paid(online, codes=ONE)
    refund(make.payment_of(order), gateway, 300)
    assert (states(order), used()) == (["redeemed"], 1)
    refund(make.payment_of(order), gateway, 400)
    assert (again(order).payment_state, states(order), used()) == ("refunded", ["returned"], 0)
    assert offences() == []


@pytest.mark.parametrize(("taken", "state", "count"), [(False, "redeemed", 1), (True, "returned", 1)])
def test_a_refund_that_bounces_takes_the_codes_again_if_they_are_left(db, offences, taken, state, count):
    till = cards.shop()
    offered(till, kind=CouponKind.FIXED, amount=900, currency="USD", most_uses=1)
    payment = cards.paid(till, codes=ONE)
    refund = cards.refund(payment)
    cards.tell(till, cards.refund_event(refund, "succeeded"))
    if taken:
        cards.place(till, codes=ONE)
    cards.tell(till, cards.refund_event(refund, "failed"))
    order = make.found_again(payment)
    assert (order.payment_state, states(order), used()) == ("paid", [state], count)
    assert offences() == []


def test_a_merchants_discount_is_a_lower_price_and_nothing_else(shop):
    offered(shop)
    payment = make.payment_of(make.paid(shop, codes=ONE))
    assert (payment.promotion, worth(payment, "promotion")) == (0, 0)
    assert worth(payment, "merchant") == 700 - payment.platform_fee - payment.channel_fee
    posted = Transaction.objects.get(kind="payment.captured")
    assert {"list": 1000, "discount": 300}.items() <= posted.facts.items()


def test_what_the_platform_carries_it_adds_to_the_merchants_money(carried, offences):
    payment = make.payment_of(make.paid(carried, codes=ONE))
    assert (payment.amount, payment.promotion) == (700, 300)
    assert payment.platform_fee == 21  # of what the buyer paid
    assert worth(payment, "promotion") == 300
    assert worth(payment, "merchant") == 1000 - payment.platform_fee - payment.channel_fee
    assert offences() == []


def test_surplus_brings_no_promotion(carried, offences):
    order = expired(make.place(carried, codes=ONE))
    Coupon.objects.update(ends_at=clock.now())
    make.pay(order)
    payment = make.payment_of(order)
    assert (payment.use, payment.promotion, worth(payment, "promotion")) == ("surplus", 0, 0)
    assert offences() == []


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(1, 700), max_size=6))
@example([666])  # the last unit, of which the channel's fee is all
def test_refunds_take_the_promotion_back_to_the_unit(online, gateway, offences, parts):
    merchant = online.merchant
    type(merchant).objects.filter(pk=merchant.pk).update(settlement_mode=SettlementMode.OWN_SUPPLY)
    made = CouponFactory.create(merchant=merchant, amount=333, carrier=Carrier.PLATFORM)
    code = code_of(made).code
    at = make.shop(6, merchant=merchant)
    payment = make.payment_of(make.paid(at, codes=(code,)))
    before = worth(payment, "promotion")
    for part in [*parts, 667]:
        payment.refresh_from_db()
        if amount := min(part, payment.refundable.amount):
            refund(payment, gateway, amount)
            payment.refresh_from_db()
            assert payment.promotion_returned == (333 * payment.refunded) // 667
    assert (payment.refunded, payment.promotion_returned) == (667, 333)
    assert worth(payment, "promotion") == before - 333
    assert offences() == []
