"""The simulated month: what buyers paid and got back, added up by hand, is what the statements say.

Nothing here is read from the ledger but the statements themselves: sums come from the diary, fees and days
from rules written out below.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

import holidays
import pytest
from django.db import transaction

from keyway.simulation.diary import Diary, Sale
from keyway.simulation.world import Shop, World
from payments.models import Order, Refund
from settlement.models import Payout, Statement
from tests.factories.months import play

SHANGHAI = ZoneInfo("Asia/Shanghai")
CHANNEL = Decimal("0.006")
MADE_AFTER = timedelta(minutes=30)  # statements are made half an hour after their period

pytestmark = pytest.mark.django_db


def half_up(amount: int, rate: Decimal) -> int:
    return int((amount * rate).quantize(Decimal(1), ROUND_HALF_UP))


def next_business_day(day: date) -> date:
    closed = holidays.country_holidays("CN", years=day.year)
    day += timedelta(days=1)
    while day.weekday() >= 5 or day in closed:
        day += timedelta(days=1)
    return day


def usable_on(sale: Sale) -> date:
    return next_business_day(sale.known_at.astimezone(SHANGHAI).date())


def fees(sale: Sale, shop: Shop) -> int:
    return sum(half_up(sale.gross, rate) for rate in rates(shop))


def rates(shop: Shop) -> tuple[Decimal, Decimal]:
    """The platform's and the channel's, both of the merchant."""
    return Decimal(shop.sketch.rate), CHANNEL


@pytest.fixture(scope="module")
def played(django_db_setup, django_db_blocker) -> Iterator[tuple[World, Diary]]:
    """One small month for all facts, rolled back behind them."""
    whole = transaction.atomic()
    whole._from_testcase = True  # as Django's own: what insists on its own transaction is content
    with django_db_blocker.unblock(), whole:
        yield play(160)
        transaction.set_rollback(True)


def midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, SHANGHAI)


@dataclass
class Sums:
    """What a statement should say."""

    sales: int = 0
    refunds: int = 0
    fees: int = 0


def by_hand(shop: Shop, diary: Diary, statements: list[Statement]) -> dict[datetime, Sums]:
    """A sale belongs to the first statement that ends when its money is usable or later; so does its refund,
    unless that statement was made before the refund: then to the next one."""
    sums = {statement.upto: Sums() for statement in statements}
    for sale in diary.of(shop.merchant.id):
        usable, taken = midnight(usable_on(sale)), fees(sale, shop)
        own = sums[min(end for end in sums if end >= usable)]
        own.sales += sale.gross
        own.fees -= taken
        for at, amount in sale.refunds:
            made = [end for end in sums if end + MADE_AFTER <= at]
            later = [end for end in sums if end >= usable and (not made or end > max(made))]
            own = sums[min(later)]
            own.refunds -= amount
            own.fees += part(sale.gross, Decimal(shop.sketch.rate), amount) + part(
                sale.gross, CHANNEL, amount
            )
    return sums


def part(gross: int, rate: Decimal, refunded: int) -> int:
    """What of a fee goes back: floor(fee × refunded / gross)."""
    return half_up(gross, rate) * refunded // gross


def each(played: tuple[World, Diary]) -> Iterator[tuple[Shop, Diary, list[Statement]]]:
    people, diary = played
    for shop in people.shops:
        yield shop, diary, list(Statement.objects.filter(merchant=shop.merchant).order_by("upto"))


def test_every_statement_equals_the_sums_made_by_hand(played):
    for shop, diary, statements in each(played):
        wanted = by_hand(shop, diary, statements)
        for statement in statements:
            sums = wanted[statement.upto]
            assert (statement.sales, statement.refunds, statement.fees) == (
                sums.sales,
                sums.refunds,
                sums.fees,
            ), f"{shop.merchant} {statement.title}"


def test_daily_statements_end_on_business_days_and_weekly_ones_on_thursdays(played):
    people, _ = played
    ends = {
        shop.sketch.slug: {end.astimezone(SHANGHAI).weekday() for end in _ends(shop)} for shop in people.shops
    }
    assert ends["sim-daily"] <= {0, 1, 2, 3, 4}
    assert ends["sim-weekly"] == {3}


def _ends(shop: Shop) -> list[datetime]:
    return list(Statement.objects.filter(merchant=shop.merchant).values_list("upto", flat=True))


def test_what_was_paid_out_for_good_is_what_buyers_left_there(played):
    for shop, diary, statements in each(played):
        kept = sum(sale.gross - sale.refunded - fees(sale, shop) for sale in diary.of(shop.merchant.id))
        given = sum(
            part(sale.gross, rate, amount)
            for sale in diary.of(shop.merchant.id)
            for _, amount in sale.refunds
            for rate in rates(shop)
        )
        paid = dict(
            Payout.objects.filter(merchant=shop.merchant, state="paid").values_list("statement_id", "amount")
        )
        left = statements[-1].closing - paid.get(statements[-1].pk, 0)
        assert sum(paid.values()) + left == kept + given


def test_some_payouts_came_back_and_each_was_sent_under_one_number(played):
    people, diary = played
    assert "returned" in diary.payouts.values()
    assert people.bank.repeated == 0
    assert set(people.bank.orders) == set(diary.payouts)


def test_the_channel_and_the_diary_agree_on_every_refund(played):
    _, diary = played
    told = sorted(amount for sale in diary.sales for _, amount in sale.refunds)
    assert sorted(Refund.objects.filter(kind="voluntary").values_list("amount", flat=True)) == told
    assert len(told) > 3


def test_late_and_lost_notices_are_part_of_it_and_lose_no_sale(played):
    _, diary = played
    assert diary.late
    assert diary.lost
    assert Order.objects.filter(paid_at__isnull=False).count() == len(diary.sales) == 160
