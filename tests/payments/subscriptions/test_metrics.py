"""The figures of memberships, exact against figures counted by hand. Minor units of USD."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from kernel import clock
from kernel.actors import BUYER, SYSTEM
from kernel.books import Book
from kernel.intervals import Unit
from kernel.money import Money
from payments.subscriptions import metrics
from payments.subscriptions.models import RecurringChange, Subscription
from payments.subscriptions.services import cancellations, changes, pauses, renewals, tries
from tests.factories import subscriptions as members

pytestmark = pytest.mark.django_db


def after_period(subscription):
    """A minute after the paid period is over, and what was due by then is done."""
    left = members.again(subscription).period_ends - members.now(subscription)
    members.advance(subscription, seconds=left.total_seconds() + 60)
    for _ in range(2):
        renewals.run(50)
    return members.again(subscription)


def later(subscription, **time):
    members.advance(subscription, **time)
    for _ in range(2):
        renewals.run(50)
    return members.again(subscription)


def fresh(club):
    """The merchant, with the clock that it has now."""
    club.merchant.refresh_from_db()
    return club.merchant


def logged(subscription, at, kind, before, after):
    """A step of the log, at a time of our choice."""
    return RecurringChange.objects.create(
        subscription=subscription,
        merchant_id=subscription.merchant_id,
        book=subscription.book,
        currency="USD",
        at=at,
        kind=kind,
        before=before,
        after=after,
    )


def test_mrr_is_every_plans_price_by_the_month(club):
    """10.00 a month, 27.00 a quarter, 96.00 a year, 7.00 each 7 days: 1000 + 900 + 800 + 700 × 4.348214."""
    members.started(club)
    for price, unit, count in ((2700, Unit.QUARTER, 1), (9600, Unit.YEAR, 1), (700, Unit.DAY, 7)):
        plan = members.plan(club, price=price, unit=unit, count=count)
        members.started(club, version=plan)
    [now] = metrics.standing(fresh(club))
    assert now.mrr == Decimal("5743.75")
    assert (now.active, now.arpu) == (4, Money(1436, "USD"))


def test_quantity_counts(club):
    members.started(club, quantity=3)
    [now] = metrics.standing(fresh(club))
    assert (now.mrr, now.active, now.arpu) == (3000, 1, Money(3000, "USD"))


def test_what_is_set_to_end_is_not_committed(club):
    members.started(club)
    cancellations.at_end(members.started(club), actor=BUYER)
    [now] = metrics.standing(fresh(club))
    assert (now.mrr, now.committed) == (2000, 1000)


def test_where_all_of_it_ends_nothing_is_committed(club):
    cancellations.at_end(members.started(club), actor=BUYER)
    [now] = metrics.standing(fresh(club))
    assert (now.mrr, now.committed) == (1000, 0)


def test_past_due_counts_and_paused_does_not(club, bank):
    subscription, rests = members.started(club), members.started(club)
    pauses.at_end(rests, actor=BUYER)
    bank.plight = "insufficient_funds"
    assert after_period(subscription).state == "past_due"
    [now] = metrics.standing(fresh(club))
    assert (now.mrr, now.active) == (1000, 1)


def test_other_books_and_merchants_are_not_counted(club):
    members.started(members.membership())
    assert metrics.standing(fresh(club)) == []
    assert metrics.months(fresh(club), 3) == {}


def test_a_months_bridge_adds_up_and_the_next_one_begins_there(club):
    """New 3 × 1000; then one doubles (+1000), one ends (−1000): 3000 → 3000."""
    stays, goes, grows = (members.started(club) for _ in range(3))
    changes.at_end(grows, version_id=members.first_plan(club).version_id, quantity=2, actor=BUYER)
    cancellations.at_end(goes, actor=BUYER)
    after_period(stays)
    rows = metrics.months(fresh(club), 3)["USD"]
    moves = [each.bridge.moves for each in rows if each.bridge.moves]
    assert moves[0] == {"new": 3000}
    assert moves[-1] == {"expansion": 1000, "churn": -1000}
    assert [each.bridge.opening for each in rows[1:]] == [each.bridge.closing for each in rows[:-1]]
    assert rows[-1].bridge.closing == metrics.standing(fresh(club))[0].mrr == 3000


def test_months_change_at_midnight_of_the_merchants_zone(club):
    """16:30 UTC of the last day is the next month's in Shanghai already, and 15:30 UTC is not."""
    merchant, subscription = fresh(club), members.started(club)
    merchant.time_zone = "Asia/Shanghai"
    merchant.save(update_fields=["time_zone"])
    now = clock.now(merchant).astimezone(UTC)
    last = datetime(now.year, now.month, 1, tzinfo=UTC) - timedelta(days=1)
    before, behind = last + timedelta(hours=15, minutes=30), last + timedelta(hours=16, minutes=30)
    logged(subscription, before, "expansion", 1000, 1007)
    logged(subscription, behind, "expansion", 1000, 1030)
    earlier, this = metrics.months(merchant, 2)["USD"]
    assert earlier.bridge.moves == {"expansion": 7}
    assert this.bridge.moves == {"expansion": 30, "new": 1000}
    assert (earlier.bridge.closing, this.bridge.opening, this.bridge.closing) == (7, 7, 1037)


def test_churn_knows_who_left_and_who_did_not_pay(club, bank):
    """Of 4 that counted 30 days ago one was ended and one was not paid: 2 of 4, 1 of them unpaid."""
    unpaid = members.started(club, keeps=False)
    goes, *_ = [members.started(club) for _ in range(3)]
    later(goes, days=20)
    cancellations.now(goes, actor=SYSTEM)
    after_period(unpaid)
    assert later(unpaid, days=10).end_reason == "unpaid"
    rates = metrics.rates(fresh(club))
    assert (rates.churn.part, rates.churn.whole) == (2, 4)
    assert (rates.unpaid_churn.part, rates.unpaid_churn.whole) == (1, 4)


def test_a_trial_converts_once_its_first_period_is_paid(club):
    """Two trials ended, one of them with a period that was paid after it: 1 of 2. One runs still."""
    after_period(converted := members.started(club))
    lost, runs = members.started(club), members.started(club)
    now = clock.now(fresh(club))
    for row, days in ((converted, -3), (lost, -2), (runs, 1)):
        ends = now + timedelta(days=days)
        found = Subscription.objects.filter(pk=row.pk)
        found.update(had_trial=True, trial_ends=ends, buyer_key=row.pk.bytes)
    told = metrics.rates(fresh(club)).trials
    assert (told.part, told.whole) == (1, 2)


def test_dunning_knows_what_was_recovered(club, bank):
    """Three fall past due: one is paid by hand, one is given up, one is still tried: 1 of 3."""
    recovered, lost = members.started(club), members.started(club)
    never = members.started(club)
    bank.plight = "insufficient_funds"
    after_period(recovered)
    bank.plight = ""
    tries.by_hand(recovered, actor=BUYER)
    cancellations.at_end(lost, actor=BUYER)
    merchant = fresh(club)
    now = clock.now(merchant)
    told = metrics.dunning(merchant, now - timedelta(days=90), now)
    assert members.again(never).state == "past_due"
    assert (told.part, told.whole) == (1, 3)


def test_a_renewal_that_is_paid_at_once_is_no_dunning(club, bank):
    after_period(members.started(club))
    merchant = fresh(club)
    told = metrics.rates(merchant).dunning
    assert (told.part, told.whole) == (0, 0)
    assert Book(merchant.book) is Book.SANDBOX


def test_the_platform_counts_all_merchants_of_a_book_and_who_is_past_due(club, bank):
    late = members.started(club)
    members.started(members.membership(gateway=bank.url), quantity=2)
    bank.plight = "insufficient_funds"
    assert after_period(late).state == "past_due"
    [now] = metrics.standing_of_all(Book.SANDBOX)
    assert (now.mrr, now.active, now.past_due) == (3000, 2, 1)
    assert metrics.standing_of_all(Book.LIVE) == []
