"""What a change within a paid period costs."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from payments.subscriptions.billing import proration
from payments.subscriptions.billing.proration import LineKind, Period, Terms, settle

STARTS = datetime(2026, 4, 1, tzinfo=UTC)
ENDS = datetime(2026, 5, 1, tzinfo=UTC)
HALF = datetime(2026, 4, 16, tzinfo=UTC)

terms = st.builds(Terms, st.integers(1, 1_000), st.integers(1, 10**9))
moments = st.datetimes(
    min_value=STARTS.replace(tzinfo=None), max_value=ENDS.replace(tzinfo=None), timezones=st.just(UTC)
)


def period(of: Terms) -> Period:
    return Period(STARTS, ENDS, of.price)


def test_half_of_the_period_costs_half_of_the_difference():
    old, new = Terms(1, 1000), Terms(2, 1500)
    lines = proration.of_rest(period(old), old, new, HALF)
    assert [(line.kind, line.amount) for line in lines] == [
        (LineKind.UNUSED, -500),
        (LineKind.REMAINING, 1500),
    ]


def test_another_interval_begins_a_whole_period_now():
    old, new = Terms(1, 1000), Terms(1, 9000)
    lines = proration.of_new_period(period(old), old, new, HALF, HALF + timedelta(days=365))
    assert [(line.amount, line.starts) for line in lines] == [(-500, HALF), (9000, HALF)]


def test_what_a_coupon_took_off_is_not_given_back():
    old = Terms(1, 1000)
    assert proration.unused(Period(STARTS, ENDS, 400), old, HALF).amount == -200


@given(terms, terms, moments)
def test_a_change_and_its_undoing_in_the_same_instant_are_nothing(old, new, now):
    there = proration.net(proration.of_rest(period(old), old, new, now))
    back = proration.net(proration.of_rest(period(new), new, old, now))
    assert there + back == 0


@given(terms, terms, moments)
def test_a_change_never_costs_more_than_the_new_price_nor_gives_more_than_the_old(old, new, now):
    assert -old.price <= proration.net(proration.of_rest(period(old), old, new, now)) <= new.price


@given(terms, moments, moments)
def test_less_time_is_worth_less(old, one, other):
    sooner, later = sorted([one, other])
    assert period(old).share(old.price, sooner) >= period(old).share(old.price, later)


@given(terms)
def test_the_whole_period_is_worth_its_price_and_its_end_nothing(old):
    of = period(old)
    assert (of.share(old.price, STARTS), of.share(old.price, ENDS)) == (old.price, 0)


@given(st.integers(-(10**9), 10**9), st.integers(-(10**9), 10**9), st.integers(0, 500))
def test_a_sum_is_paid_by_balance_and_money_to_the_unit(owed, balance, least):
    settled = settle(owed, balance, least=least)
    assert settled.used + settled.total == owed
    assert settled.total == 0 or settled.total >= max(least, 1)
    # Nothing is forgiven: the balance afterwards is what is left of it.
    assert balance - settled.used == balance - owed + settled.total


def test_a_balance_is_used_up_first():
    assert settle(1000, 400, least=50) == proration.Settled(400, 600)


def test_what_no_channel_takes_is_owed():
    assert settle(1000, 970, least=50) == proration.Settled(1000, 0)
