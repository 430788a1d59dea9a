"""When an unpaid period is tried again, and what a subscription is worth a month."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from payments.subscriptions.billing import dunning, recurring
from payments.subscriptions.billing.anchors import Unit
from payments.subscriptions.states import RecurringKind

DUE = datetime(2026, 4, 1, tzinfo=UTC)


@pytest.mark.parametrize(("tries", "days"), [(0, 0), (1, 2), (2, 5), (3, 9)])
def test_it_is_tried_on_the_days_of_the_schedule(tries, days):
    assert dunning.next_try(DUE, dunning.RETRY_DAYS, tries) == DUE + timedelta(days=days)


def test_after_the_last_try_there_is_none():
    assert dunning.next_try(DUE, dunning.RETRY_DAYS, 4) is None


def test_grace_ends_with_the_schedule_at_the_latest():
    assert dunning.grace_until(DUE, (0, 2), 9) == DUE + timedelta(days=2)


def test_a_market_has_its_days_of_notice():
    assert (dunning.notice_days("CN", None), dunning.notice_days("DE", None)) == (5, 7)


def test_a_merchant_gives_no_shorter_notice_than_its_market():
    assert (dunning.notice_days("CN", 3), dunning.notice_days("CN", 10)) == (5, 10)


def test_in_a_short_period_the_notice_comes_at_its_start():
    assert dunning.notice_at(DUE, DUE + timedelta(days=1), 5) == DUE


@pytest.mark.parametrize(
    ("unit", "count", "value"),
    [
        (Unit.MONTH, 1, "1200"),
        (Unit.MONTH, 2, "600"),
        (Unit.QUARTER, 1, "400"),
        (Unit.YEAR, 1, "100"),
        (Unit.DAY, 1, "36525"),
        (Unit.DAY, 7, "5217.857143"),
    ],
)
def test_every_interval_has_its_monthly_value(unit, count, value):
    assert recurring.monthly(1200, unit, count) == Decimal(value)


@pytest.mark.parametrize(
    ("before", "after", "had", "kind"),
    [
        (0, 5, False, RecurringKind.NEW),
        (0, 5, True, RecurringKind.REACTIVATION),
        (5, 6, True, RecurringKind.EXPANSION),
        (6, 5, True, RecurringKind.CONTRACTION),
        (5, 0, True, RecurringKind.CHURN),
        (5, 5, True, None),
    ],
)
def test_a_move_of_revenue_has_one_kind(before, after, had, kind):
    assert recurring.kind(Decimal(before), Decimal(after), had_before=had) == kind
