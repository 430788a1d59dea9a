"""Fees of sales and refunds, in figures."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.money import CurrencyMismatch, Money, Rate
from settlement import fees
from settlement.fees import FeePlan, SaleFees


def plan(rate="0.01", fixed=None, *, bears=True, days=1, country="CN", zone="Asia/Shanghai"):
    return FeePlan(
        rate=Rate(Decimal(rate)),
        fixed=fixed or {},
        merchant_bears_channel=bears,
        settlement_days=days,
        country=country,
        zone=zone,
    )


def cny(amount):
    return Money(amount, "CNY")


class TestSale:
    def test_the_percentage_rounds_half_up_once(self):
        assert fees.of_sale(plan("0.01"), cny(50), Decimal(0)).platform == cny(1)
        assert fees.of_sale(plan("0.01"), cny(49), Decimal(0)).platform == cny(0)

    def test_the_fixed_fee_of_the_currency_is_added(self):
        asked = plan("0.01", {"CNY": 30, "USD": 5})
        assert fees.of_sale(asked, cny(1000), Decimal(0)).platform == cny(40)

    def test_a_currency_without_a_fixed_fee_costs_none(self):
        asked = plan("0.01", {"USD": 5})
        assert fees.of_sale(asked, cny(1000), Decimal(0)).platform == cny(10)

    def test_the_channel_takes_its_rate_of_the_gross(self):
        assert fees.of_sale(plan(), cny(10_000), Decimal("0.006")).channel == cny(60)

    def test_a_merchant_who_bears_the_channel_gets_the_gross_less_both_fees(self):
        assert fees.of_sale(plan("0.01"), cny(10_000), Decimal("0.006")).from_merchant == cny(160)

    def test_a_platform_that_bears_the_channel_takes_only_its_own_from_the_merchant(self):
        sale = fees.of_sale(plan("0.01", bears=False), cny(10_000), Decimal("0.006"))
        assert sale.from_merchant == cny(100)

    def test_fees_that_do_not_fit_shrink_on_the_platforms_side(self):
        sale = fees.of_sale(plan("0", {"CNY": 100}), cny(10), Decimal("0.1"))
        assert (sale.platform, sale.channel) == (cny(9), cny(1))

    @given(
        gross=st.integers(0, 10**12),
        rate=st.decimals(0, 1, places=6),
        fixed=st.integers(0, 10**6),
        channel=st.decimals(0, 1, places=4),
        bears=st.booleans(),
    )
    def test_fees_are_never_above_the_gross_nor_below_zero(self, gross, rate, fixed, channel, bears):
        sale = fees.of_sale(plan(rate, {"CNY": fixed}, bears=bears), cny(gross), channel)
        assert cny(0) <= sale.from_merchant <= cny(gross)
        assert cny(0) <= sale.platform
        assert cny(0) <= sale.channel <= cny(gross)


@st.composite
def refunded_sales(draw):
    """A sale's gross, its fees, and the parts in which the whole of it is refunded."""
    gross = draw(st.integers(1, 10**9))
    asked = plan(
        draw(st.decimals(0, 1, places=6)), {"CNY": draw(st.integers(0, 500))}, bears=draw(st.booleans())
    )
    cuts = sorted(draw(st.sets(st.integers(1, gross), max_size=8)) | {gross})
    sale = fees.of_sale(asked, cny(gross), draw(st.decimals(0, Decimal("0.2"), places=4)))
    return cny(gross), sale, [cny(cut) for cut in cuts]


def refund_all(gross, sale, cumulative):
    returned = SaleFees(cny(0), cny(0), sale.merchant_bears_channel)
    steps = []
    for refunded in cumulative:
        step = fees.of_refund(sale, gross=gross, refunded=refunded, returned=returned)
        returned = SaleFees(
            returned.platform + step.platform, returned.channel + step.channel, step.merchant_bears_channel
        )
        steps.append((step, returned))
    return steps


class TestRefund:
    @given(refunded_sales())
    def test_any_sequence_of_refunds_ends_at_the_exact_mirror(self, case):
        gross, sale, cumulative = case
        assert refund_all(gross, sale, cumulative)[-1][1] == sale

    @given(refunded_sales())
    def test_no_refund_takes_a_fee_or_gives_back_more_than_was_taken(self, case):
        gross, sale, cumulative = case
        for step, returned in refund_all(gross, sale, cumulative):
            assert cny(0) <= step.platform
            assert cny(0) <= step.channel
            assert returned.platform <= sale.platform
            assert returned.channel <= sale.channel

    @given(refunded_sales())
    def test_what_the_merchant_returns_and_the_fees_given_back_make_up_the_refund(self, case):
        gross, sale, cumulative = case
        steps = refund_all(gross, sale, cumulative)
        from_merchant = gross - sale.from_merchant
        fees_back = sum((step.from_merchant.amount for step, _ in steps), 0)
        assert gross.amount - fees_back == from_merchant.amount

    @given(refunded_sales())
    def test_a_fee_given_back_is_within_one_unit_of_its_share(self, case):
        gross, sale, cumulative = case
        for refunded, (_, returned) in zip(cumulative, refund_all(gross, sale, cumulative), strict=True):
            share = Decimal(sale.platform.amount) * refunded.amount / gross.amount
            assert 0 <= share - returned.platform.amount < 1

    def test_a_refund_above_the_gross_is_refused(self):
        sale = fees.of_sale(plan(), cny(100), Decimal(0))
        with pytest.raises(ValueError, match="refunded <= gross"):
            fees.of_refund(sale, gross=cny(100), refunded=cny(101), returned=SaleFees(cny(0), cny(0), True))

    def test_a_refund_in_another_currency_is_refused(self):
        sale = fees.of_sale(plan(), cny(100), Decimal(0))
        with pytest.raises(CurrencyMismatch):
            fees.of_refund(
                sale, gross=cny(100), refunded=Money(1, "USD"), returned=SaleFees(cny(0), cny(0), True)
            )


class TestAvailability:
    def test_money_of_a_friday_is_there_on_monday_in_the_banks_zone(self):
        friday_in_beijing = datetime(2026, 11, 20, 3, tzinfo=UTC)
        monday = datetime(2026, 11, 22, 16, tzinfo=UTC)
        assert plan(days=1).available_at(friday_in_beijing) == monday

    def test_the_national_day_holidays_are_skipped(self):
        before = datetime(2026, 9, 30, 3, tzinfo=UTC)
        assert plan(days=1).available_at(before) == datetime(2026, 10, 7, 16, tzinfo=UTC)

    def test_t_plus_0_is_the_moment_itself(self):
        moment = datetime(2026, 11, 22, 3, 4, 5, tzinfo=UTC)
        assert plan(days=0).available_at(moment) == moment

    @given(
        moment=st.integers(1_700_000_000, 3_800_000_000).map(lambda at: datetime.fromtimestamp(at, UTC)),
        days=st.integers(0, 30),
        country=st.sampled_from(["CN", "US", "DE", "HK", "AQ", "ZZ"]),
    )
    def test_no_moment_and_no_country_ever_raises_or_goes_back(self, moment, days, country):
        assert plan(days=days, country=country).available_at(moment) >= moment
