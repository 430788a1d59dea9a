"""What stays of recurring revenue, exact against figures counted by hand. Minor units of USD."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from kernel import clock
from kernel.actors import BUYER, SYSTEM
from payments.subscriptions import metrics, retention
from payments.subscriptions.models import RecurringChange
from payments.subscriptions.services import cancellations
from tests.factories import subscriptions as members

pytestmark = pytest.mark.django_db


@pytest.fixture
def months(club):
    """The first days of the last whole month, and of the one before."""
    *_, earlier, last, _running = metrics.last_months(club.merchant, 3)
    return earlier, last


def logged(subscription, first: date, *steps: tuple[str, int]):
    """What a membership was worth after each step, a day apart from a month's second day on."""
    before = Decimal(0)
    for place, (kind, after) in enumerate(steps):
        RecurringChange.objects.create(
            subscription=subscription,
            merchant_id=subscription.merchant_id,
            book=subscription.book,
            currency="USD",
            at=datetime(first.year, first.month, 2, tzinfo=UTC) + timedelta(days=place),
            kind=kind,
            before=before,
            after=after,
        )
        before = Decimal(after)


def later(subscription, first: date, kind: str, before: int, after: int):
    """A step in the middle of a month."""
    RecurringChange.objects.create(
        subscription=subscription,
        merchant_id=subscription.merchant_id,
        book=subscription.book,
        currency="USD",
        at=datetime(first.year, first.month, 15, tzinfo=UTC),
        kind=kind,
        before=before,
        after=after,
    )


def test_what_grew_counts_for_net_alone_and_what_is_new_for_neither(club, months):
    """1000 stays, 1000 grows to 1500, 1000 shrinks to 400, 1000 is lost, 700 is new.

    Gross: (1000 + 1000 + 400 + 0) ÷ 4000. Net: (1000 + 1500 + 400 + 0) ÷ 4000.
    """
    earlier, last = months
    stays, grows, shrinks, lost, fresh = (members.ordered(club).subscription_id for _ in range(5))
    every = {row.pk: row for row in members.Subscription.objects.all()}
    for key in (stays, grows, shrinks, lost):
        logged(every[key], earlier, ("new", 1000))
    later(every[grows], last, "expansion", 1000, 1500)
    later(every[shrinks], last, "contraction", 1000, 400)
    later(every[lost], last, "churn", 1000, 0)
    logged(every[fresh], last, ("new", 700))
    [month] = retention.months(club.merchant, [last])["USD"]
    assert (month.opening, month.kept, month.closing) == (4000, 2400, 2900)
    assert (month.gross, month.net) == (Decimal("0.6"), Decimal("0.725"))


def test_who_came_back_within_the_month_has_stayed(club, months):
    earlier, last = months
    row = members.of(members.ordered(club))
    logged(row, earlier, ("new", 1000))
    logged_again = [("churn", 1000, 0), ("reactivation", 0, 1000)]
    for kind, before, after in logged_again:
        later(row, last, kind, before, after)
    [month] = retention.months(club.merchant, [last])["USD"]
    assert (month.gross, month.net) == (1, 1)


def test_a_month_that_began_with_nothing_has_no_rate(club, months):
    earlier, last = months
    logged(members.of(members.ordered(club)), earlier, ("new", 1000))
    assert [each.first for each in retention.months(club.merchant, [earlier, last])["USD"]] == [last]


def test_months_are_of_the_merchants_zone(club, months):
    """16:30 UTC of the last day is the next month's in Shanghai already: not there at its beginning."""
    _, last = months
    club.merchant.time_zone = "Asia/Shanghai"
    row = members.of(members.ordered(club))
    at = datetime(last.year, last.month, 1, tzinfo=UTC) - timedelta(hours=7, minutes=30)
    RecurringChange.objects.create(
        subscription=row,
        merchant_id=row.merchant_id,
        book=row.book,
        currency="USD",
        at=at,
        kind="new",
        before=0,
        after=1000,
    )
    assert retention.months(club.merchant, [last]) == {}


def test_reasons_are_those_of_who_left_or_is_leaving_by_choice(club):
    stays, *leave = (members.started(club) for _ in range(4))
    for subscription, reason in zip(leave, ("price", "price", ""), strict=True):
        cancellations.at_end(subscription, actor=BUYER, reason=reason)
    cancellations.undo(members.again(leave[0]), actor=BUYER)
    cancellations.now(members.again(leave[1]), actor=SYSTEM, reason="unused")
    assert members.again(stays).cancel_reason == ""
    assert retention.reasons(club.merchant) == [("", 1), ("unused", 1)]


def test_a_reason_is_forgotten_after_90_days(club):
    subscription = members.started(club)
    cancellations.now(subscription, actor=SYSTEM, reason="price")
    members.advance(subscription, days=91)
    club.merchant.refresh_from_db()
    assert retention.reasons(club.merchant) == []
    assert clock.now(club.merchant) > clock.now() + timedelta(days=90)
