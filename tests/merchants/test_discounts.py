"""Discounts: within their bounds, whole, and the same in whatever order the codes come."""

from decimal import Decimal
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.money import Money
from merchants.discounts import Terms, discount, missing, stack
from merchants.states import CouponKind

_sums = st.integers(1, 10**9)
_fixed = st.builds(Terms, st.just(CouponKind.FIXED), amount=_sums, minimum=st.none() | _sums)
_shares = st.builds(
    Terms,
    st.just(CouponKind.PERCENTAGE),
    percent=st.decimals("0.01", 100, places=2),
    cap=st.none() | _sums,
    minimum=st.none() | _sums,
)
_coupons = st.lists(_fixed | _shares, min_size=1, max_size=3)
_subtotals = st.integers(1, 10**11).map(lambda amount: Money(amount, "CNY"))


def yuan(amount: int) -> Money:
    return Money(amount, "CNY")


def fixed(amount: int, minimum: int | None = None) -> Terms:
    return Terms(CouponKind.FIXED, amount=amount, minimum=minimum)


def percent(share: str, cap: int | None = None, minimum: int | None = None) -> Terms:
    return Terms(CouponKind.PERCENTAGE, percent=Decimal(share), cap=cap, minimum=minimum)


@pytest.mark.parametrize(
    ("terms", "subtotal", "off"),
    [
        (fixed(300), 1000, 300),
        (fixed(1000), 1000, 999),
        (fixed(5000), 1000, 999),
        (percent("10"), 1000, 100),
        (percent("12.5"), 1004, 126),  # 125.5, half up
        (percent("12.5"), 1003, 125),  # 125.375
        (percent("33.33"), 1000, 333),
        (percent("50", cap=200), 1000, 200),
        (percent("100"), 1000, 999),
        (percent("100"), 1, 0),
        (percent("0.01"), 100, 0),
        (Terms(CouponKind.SPEND_AND_SAVE, amount=200, minimum=1000), 1000, 200),
        (Terms(CouponKind.SPEND_AND_SAVE, amount=200, minimum=1000), 999, 0),
        (percent("10", minimum=2000), 1999, 0),
    ],
)
def test_a_coupon_takes_off_what_it_says(terms, subtotal, off):
    assert discount(terms, yuan(subtotal)) == yuan(off)


def test_what_is_missing_to_the_minimum_is_said():
    terms = fixed(100, minimum=1000)
    assert [missing(terms, yuan(spent)).amount for spent in (1, 999, 1000, 1001)] == [999, 1, 0, 0]


def test_shares_are_taken_of_the_whole_price_and_before_sums():
    off = stack({"a": fixed(700), "b": percent("50"), "c": percent("20")}, yuan(1000))
    assert {key: money.amount for key, money in off.items()} == {"b": 500, "c": 200, "a": 299}


def test_a_coupon_is_a_sum_or_a_share():
    with pytest.raises(ValueError, match="a sum or a share"):
        Terms(CouponKind.FIXED)
    with pytest.raises(ValueError, match="a sum or a share"):
        Terms(CouponKind.PERCENTAGE, amount=1, percent=Decimal(1))


@given(_coupons, _subtotals)
def test_something_stays_to_be_paid_and_no_share_is_negative(coupons, subtotal):
    off = stack(_keyed(coupons), subtotal)
    assert all(money.amount >= 0 for money in off.values())
    assert sum(money.amount for money in off.values()) <= subtotal.amount - 1


@given(_coupons, _subtotals)
def test_no_coupon_takes_off_more_than_it_promises(coupons, subtotal):
    for place, money in stack(_keyed(coupons), subtotal).items():
        terms = coupons[int(place)]
        assert terms.amount is None or money.amount <= terms.amount
        assert terms.cap is None or money.amount <= terms.cap
        assert terms.minimum is None or subtotal.amount >= terms.minimum or not money
        assert terms.percent is None or 200 * money.amount <= 2 * subtotal.amount * terms.percent + 100


@given(_coupons, _subtotals)
def test_the_order_of_codes_does_not_matter(coupons, subtotal):
    keyed = _keyed(coupons)
    assert all(
        stack(dict(order), subtotal) == stack(keyed, subtotal) for order in permutations(keyed.items())
    )


@given(_coupons, _subtotals, st.integers(1, 10**9))
def test_together_they_take_off_no_less_for_a_higher_price(coupons, subtotal, more):
    keyed = _keyed(coupons)
    before = sum(money.amount for money in stack(keyed, subtotal).values())
    after = sum(money.amount for money in stack(keyed, subtotal + yuan(more)).values())
    assert after >= before


def _keyed(coupons: list[Terms]) -> dict[str, Terms]:
    return {str(place): terms for place, terms in enumerate(coupons)}
