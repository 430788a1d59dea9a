"""Placing orders."""

import re
from dataclasses import replace

import pytest
from django.db import IntegrityError, transaction

from audit.models import AuditRow
from kernel.money import Money
from merchants.errors import BadQuantity, NotForSale, OutOfStock
from merchants.models import StockItem
from outbox.models import Event
from payments import limits
from payments.errors import FormReused, HoldsTooMuch, MethodUnavailable, PriceChanged, TooManyUnpaid
from payments.models import Order, Payment
from payments.services import baskets, orders
from payments.services.orders import contact_of
from tests.factories import payments as make

pytestmark = pytest.mark.django_db


def place(basket):
    return orders.place(baskets.ask(basket), decision_id=None, review=False)


def test_the_price_is_the_catalogues(shop):
    order = make.place(shop, quantity=3)
    assert (order.unit_price, order.total, order.currency) == (1000, 3000, "CNY")


def test_the_keys_are_reserved_until_the_order_expires(shop):
    order = make.place(shop, quantity=2)
    held = StockItem.objects.filter(order_id=order.pk, state="reserved").values_list(
        "reserved_until", flat=True
    )
    assert list(held) == [order.expires_at] * 2


def test_a_number_can_be_read_out(shop):
    assert re.fullmatch(r"D\d{4}-[2-9A-HJ-NP-Z]{4}-[2-9A-HJ-NP-Z]{2}", make.place(shop).number)


def test_a_token_has_128_random_bits_and_the_cell(shop):
    assert re.fullmatch(r"a[A-Za-z0-9_-]{22}", make.place(shop).token)


def test_the_contact_lies_sealed(shop):
    order = make.place(shop, contact="Buyer@Example.com")
    assert b"xample" not in bytes(order.contact)
    assert contact_of(order) == "Buyer@Example.com"


def test_a_page_payment_is_open_when_the_order_stands(shop):
    payment = make.payment_of(make.place(shop))
    assert payment.state == "pending"
    assert payment.action.value.startswith(make.NOWHERE)


def test_a_payment_that_needs_a_call_is_an_intent_first(shop):
    payment = make.payment_of(make.place(shop, method="alipay.qr"))
    assert (payment.state, payment.action) == ("created", None)


def test_placing_is_written_down_and_told_once(shop):
    order = make.place(shop)
    assert AuditRow.objects.filter(subject_id=order.pk, action="order.placed").count() == 1
    assert Event.objects.filter(subject_id=order.pk, topic="order.placed").count() == 1


def test_the_same_form_makes_one_order(shop):
    form = make.basket(shop)
    first, second = place(form), place(form)
    assert (second.token, second.again, Order.objects.count()) == (first.token, True, 1)


def test_the_same_form_reserves_once(shop):
    form = make.basket(shop)
    place(form)
    place(form)
    assert StockItem.objects.filter(state="reserved").count() == 1


def test_a_form_with_other_content_is_refused(shop):
    form = make.basket(shop)
    place(form)
    with pytest.raises(FormReused):
        place(replace(form, quantity=2))


def test_what_is_not_in_stock_leaves_no_trace(shop):
    with pytest.raises(OutOfStock):
        make.place(shop, quantity=6)
    assert not Order.objects.exists()
    assert not StockItem.objects.filter(state="reserved").exists()


def test_a_quantity_outside_the_products_bounds_is_refused(shop):
    with pytest.raises(BadQuantity):
        make.place(shop, quantity=11)


def test_a_price_that_the_buyer_did_not_see_is_not_charged(shop):
    with pytest.raises(PriceChanged) as refusal:
        make.place(shop, agreed=Money(999, "CNY"))
    assert refusal.value.context == {"total": Money(1000, "CNY")}


def test_a_method_that_nobody_takes_is_refused(shop):
    with pytest.raises(MethodUnavailable):
        make.place(shop, method="wechat.native")


def test_a_currency_that_the_channel_cannot_take_is_refused():
    dollars = make.shop(currency="USD")
    with pytest.raises(MethodUnavailable):
        make.place(dollars)


def test_a_draft_is_not_sold():
    with pytest.raises(NotForSale):
        make.place(make.shop(status="draft"))


def test_an_address_keeps_a_bounded_number_of_unpaid_orders():
    at = make.shop(limits.UNPAID_PER_ADDRESS + 1)
    for _ in range(limits.UNPAID_PER_ADDRESS):
        make.place(at, address="203.0.113.7")
    with pytest.raises(TooManyUnpaid):
        make.place(at, address="203.0.113.7")


def test_a_mailbox_keeps_a_bounded_number_of_unpaid_orders():
    at = make.shop(limits.UNPAID_PER_CONTACT + 1)
    for _ in range(limits.UNPAID_PER_CONTACT):
        make.place(at, contact="one@example.com")
    with pytest.raises(TooManyUnpaid):
        make.place(at, contact="ONE@example.com ")


def test_a_refused_order_gives_its_keys_back():
    at = make.shop(limits.UNPAID_PER_CONTACT + 1)
    for _ in range(limits.UNPAID_PER_CONTACT):
        make.place(at, contact="one@example.com")
    with pytest.raises(TooManyUnpaid):
        make.place(at, contact="one@example.com")
    assert StockItem.objects.filter(state="available").count() == 1


@pytest.mark.parametrize("buyer", [{"contact": "one@example.com"}, {"address": "203.0.113.7"}])
def test_a_buyer_holds_a_share_of_the_free_keys_or_one_whole_order_unpaid(buyer):
    at = make.shop(50, max_quantity=8)
    make.place(at, quantity=8, **buyer)
    make.place(at, quantity=2, **buyer)
    with pytest.raises(HoldsTooMuch):
        make.place(at, quantity=1, **buyer)
    assert StockItem.objects.filter(state="available").count() == 40


def test_one_whole_order_is_fine_however_few_keys_there_are():
    assert make.place(make.shop(8, max_quantity=8), quantity=8).quantity == 8


def test_keys_of_another_product_or_that_were_paid_do_not_count():
    at = make.shop(12, max_quantity=4)
    other = make.shop(12, merchant=at.merchant, max_quantity=4)
    buyer = {"contact": "one@example.com"}
    make.pay(make.place(at, quantity=4, **buyer))
    make.place(other, quantity=4, **buyer)
    assert make.place(at, quantity=4, **buyer).quantity == 4


def test_the_same_form_sent_again_finds_its_order_though_the_share_is_full():
    at = make.shop(16, max_quantity=8)
    form = {"quantity": 8, "contact": "one@example.com", "form_key": make.uuid4()}
    assert make.place(at, **form) == make.place(at, **form)


def test_a_merchant_may_let_one_buyer_hold_more():
    at = make.shop(20, max_quantity=8, unpaid_share=60)
    for quantity in (8, 4):
        make.place(at, quantity=quantity, contact="one@example.com")
    with pytest.raises(HoldsTooMuch):
        make.place(at, quantity=1, contact="one@example.com")


def test_the_database_refuses_a_share_that_is_too_large():
    order = make.place(make.shop(10, max_quantity=8), quantity=8)
    order.pk, order.number, order.token, order.form_key = (
        make.uuid4(),
        "D2611-AAAA-AA",
        "a" * 23,
        make.uuid4(),
    )
    order.contact_slot = order.address_slot = 2
    with pytest.raises(IntegrityError, match="order_share"), transaction.atomic():
        order.save(force_insert=True)


def test_paying_makes_room_for_another_order():
    at = make.shop(limits.UNPAID_PER_CONTACT + 1)
    placed = [make.place(at, contact="one@example.com") for _ in range(limits.UNPAID_PER_CONTACT)]
    make.pay(placed[2])
    assert make.place(at, contact="one@example.com").contact_slot == 3


@pytest.mark.parametrize(
    ("one", "other"),
    [("2001:db8:1:2::1", "2001:db8:1:2:ffff::9"), ("::ffff:203.0.113.7", "203.0.113.7")],
)
def test_addresses_of_one_household_are_one(one, other):
    assert baskets.network_of(one) == baskets.network_of(other)


def test_addresses_of_two_households_are_two():
    assert baskets.network_of("2001:db8:1:2::1") != baskets.network_of("2001:db8:1:3::1")


def test_a_twin_lives_by_its_own_clock():
    twin = make.sandbox_shop()
    type(twin.merchant).objects.filter(pk=twin.merchant.pk).update(clock_ahead="3 days")
    order = make.place(twin)
    assert (order.expires_at - Payment.objects.get(order=order).next_query_at).days >= 3


def test_the_buyers_language_names_the_goods(shop):
    assert make.place(shop, language="en").title == shop.product.name_en


def test_every_order_has_a_number_of_its_own(shop):
    assert len({make.place(shop).number for _ in range(5)}) == 5
