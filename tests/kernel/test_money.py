"""Money: no unit is made or lost, and no amount is guessed."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.money import BadAmount, CurrencyMismatch, Money, Rate, allocate, exponent, given_back


@pytest.mark.parametrize(("currency", "decimals"), [("CNY", 2), ("JPY", 0), ("KWD", 3), ("USDT", 6)])
def test_a_currency_has_its_own_decimals(currency, decimals):
    assert exponent(currency) == decimals


@pytest.mark.parametrize(("text", "amount"), [("10.5", 1050), ("0.01", 1), ("7", 700), ("-3.20", -320)])
def test_a_plain_decimal_is_read_exactly(text, amount):
    assert Money.parse(text, "CNY") == Money(amount, "CNY")


@pytest.mark.parametrize(
    "text",
    ["1e2", "0.001", "100.000", "NaN", "Infinity", "1,000", "", " 1", "1 ", "１", "+1", ".5", "5.", "0x10"],
)
def test_any_other_text_is_refused(text):
    with pytest.raises(BadAmount):
        Money.parse(text, "CNY")


def test_a_currency_without_decimals_refuses_a_point():
    with pytest.raises(BadAmount):
        Money.parse("100.0", "JPY")


@given(st.integers(-(10**15), 10**15))
def test_what_is_written_is_read_back(amount):
    assert Money.parse(str(Money(amount, "CNY").decimal), "CNY").amount == amount


def test_two_currencies_never_add():
    with pytest.raises(CurrencyMismatch):
        Money(1, "CNY") + Money(1, "USD")


def test_a_float_is_not_money():
    with pytest.raises(TypeError):
        Money(1.0, "CNY")  # type: ignore[arg-type]


def test_a_truth_value_is_not_money():
    with pytest.raises(TypeError):
        Money(True, "CNY")


@pytest.mark.parametrize(("amount", "fee"), [(150, 5), (149, 4), (50, 2), (16, 0), (17, 1)])
def test_a_rate_rounds_half_up(amount, fee):
    assert Rate(Decimal("0.03")).of(Money(amount, "CNY")).amount == fee


@given(st.integers(0, 10**12), st.lists(st.integers(0, 10**6), min_size=1, max_size=12).filter(any))
def test_parts_sum_to_the_whole(amount, weights):
    assert sum(allocate(amount, weights)) == amount


@given(st.integers(0, 10**12), st.lists(st.integers(0, 10**6), min_size=1, max_size=12).filter(any))
def test_who_has_no_weight_gets_nothing(amount, weights):
    parts = allocate(amount, weights)
    assert all(part == 0 for part, weight in zip(parts, weights, strict=True) if weight == 0)


def test_left_over_units_go_to_the_first_with_weight():
    assert allocate(99, [0, 1, 1, 1, 1, 1]) == [0, 20, 20, 20, 20, 19]


@pytest.mark.parametrize(("amount", "weights"), [(-1, [1]), (1, [0, 0]), (1, [2, -1])])
def test_a_division_that_means_nothing_is_refused(amount, weights):
    with pytest.raises(ValueError, match="allocate"):
        allocate(amount, weights)


@given(st.data(), st.integers(1, 10**9))
def test_any_sequence_of_refunds_gives_back_the_exact_fee(data, whole):
    part = data.draw(st.integers(0, whole))
    totals = sorted({*data.draw(st.lists(st.integers(1, whole), max_size=8)), whole})
    returned = 0
    for refunded in totals:
        returned += given_back(part=part, whole=whole, refunded=refunded, returned=returned)
        assert 0 <= returned <= part
    assert returned == part


def test_money_is_written_for_its_reader():
    price = Money(123450, "CNY")
    assert (price.format("zh-hans"), price.format("en")) == ("¥1,234.50", "CN¥1,234.50")
