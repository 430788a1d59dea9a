"""Races for coupons, with real threads on real connections."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from kernel import clock
from ledger import auditor
from merchants.coupon_errors import CouponUsedByYou, CouponUsedUp
from merchants.invariants import INVARIANTS as OF_MERCHANTS
from merchants.models import Coupon, CouponCode, CouponUse, StockItem
from payments.channels.news import Reply
from payments.invariants import INVARIANTS as OF_PAYMENTS
from payments.models import Order, Payment
from payments.services import expiry, notices
from tests.factories import payments as make
from tests.factories.coupons import CouponFactory, code_of
from tests.ledger.threads import together

pytestmark = pytest.mark.django_db(transaction=True)


def offences() -> list[str]:
    """The codes of the invariants that do not hold now."""
    return [
        finding.invariant.code
        for finding in auditor.audit((*OF_MERCHANTS, *OF_PAYMENTS))
        if not finding.holds
    ]


def offered(
    at: make.Shop, code: str = "SAVE", *, most_uses_of_code: int | None = None, **terms: Any
) -> Coupon:
    made = CouponFactory.create(merchant=at.merchant, **({"amount": 300} | terms))
    code_of(made, code, most_uses=most_uses_of_code)
    return made


def kinds(done: list[Any]) -> Counter[type]:
    return Counter(type(each) for each in done)


@pytest.mark.parametrize("limit", [{"most_uses": 1}, {"most_uses_of_code": 1}])
def test_fifty_uses_of_a_one_use_coupon_make_one(limit: dict[str, int]):
    at = make.shop(60)
    offered(at, **limit)
    done = together([lambda: make.place(at, codes=("SAVE",))] * 50)
    assert kinds(done) == {Order: 1, CouponUsedUp: 49}
    assert (CouponUse.objects.count(), Coupon.objects.get().used, CouponCode.objects.get().used) == (1, 1, 1)
    assert StockItem.objects.filter(state="reserved").count() == 1
    assert offences() == []


def test_one_buyer_in_twenty_windows_uses_it_as_often_as_one_may():
    at = make.shop(60, max_quantity=60)
    offered(at, per_buyer=2)
    done = together([lambda: make.place(at, codes=("SAVE",), contact="me@example.com")] * 20)
    assert kinds(done)[Order] == 2
    assert CouponUse.objects.filter(state="reserved").count() == 2
    assert set(kinds(done)) <= {Order, CouponUsedByYou}
    assert offences() == []


def test_orders_of_two_codes_in_either_order_do_not_stop_each_other():
    at = make.shop(60)
    for code in ("ONE", "TWO"):
        offered(at, code, stackable=True)
    jobs = [
        lambda codes=codes: make.place(at, codes=codes) for codes in (("ONE", "TWO"), ("TWO", "ONE")) * 10
    ]
    assert kinds(together(jobs)) == {Order: 20}
    assert sorted(Coupon.objects.values_list("used", flat=True)) == [20, 20]
    assert offences() == []


def test_an_order_that_expires_while_it_is_paid_ends_one_way():
    at = make.shop(60)
    offered(at, most_uses=10)
    placed = [make.place(at, codes=("SAVE",)) for _ in range(10)]
    Order.objects.update(expires_at=clock.now() - timedelta(seconds=1))
    Payment.objects.update(state="closed", next_query_at=None)
    pay = [lambda order=order: make.pay(order) for order in placed]
    done = together([*pay, *([lambda: expiry.sweep(10)] * 5)])
    assert [each for each in done if isinstance(each, Exception)] == []
    # Whoever was first, the money is in: at once, or late with its code taken again.
    assert Counter(Order.objects.values_list("payment_state", flat=True)) == {"paid": 10}
    assert Counter(CouponUse.objects.values_list("state", flat=True)) == {"redeemed": 10}
    assert Coupon.objects.get().used == 10
    assert offences() == []


def test_the_last_use_goes_to_a_late_payment_or_to_a_new_order():
    at = make.shop(60)
    offered(at, most_uses=1)
    late = make.place(at, codes=("SAVE",))
    Order.objects.update(expires_at=clock.now() - timedelta(seconds=1))
    Payment.objects.update(state="closed", next_query_at=None)
    expiry.sweep(10)
    payment = make.payment_of(late)
    request = make.notice(payment)
    done = together(
        [
            lambda: notices.take(payment.notify_token, request),
            *([lambda: make.place(at, codes=("SAVE",))] * 10),
        ]
    )
    found = kinds(done)
    assert (found[Reply], found[Reply] + found[Order] + found[CouponUsedUp]) == (1, 11)
    late.refresh_from_db()
    assert (late.payment_state == "paid") + found[Order] == Coupon.objects.get().used == 1
    assert offences() == []
