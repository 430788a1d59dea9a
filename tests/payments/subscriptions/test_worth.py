"""What the running period is worth once money went back, days were given, or it ends before its time."""

import pytest
from django.db import connection

from kernel.actors import BUYER, SYSTEM
from kernel.intervals import Unit
from ledger import auditor
from ledger.errors import BalanceTooLow
from payments.models import Payment, Refund
from payments.postings import Books
from payments.subscriptions import tasks
from payments.subscriptions.invariants import INVARIANTS
from payments.subscriptions.services import cancellations, changes, extensions, worth
from payments.subscriptions.states import CancelNow, EndReason
from tests.factories import cards
from tests.factories import payments as make
from tests.factories import subscriptions as members
from tests.factories.ledger import paid_out
from tests.payments.subscriptions.test_verbs import allow, change_now, halfway, over, standing

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_is_amiss(db):
    yield
    assert [each.code for each in INVARIANTS if not auditor.check(each).holds] == []


def newest():
    return Payment.objects.order_by("id").last()


def give_back(club, payment, amount=0, said="succeeded"):
    refund = cards.refund(payment, amount)
    cards.tell(club, cards.refund_event(refund, said))


def balance_after(club, subscription, quantity):
    change_now(members.again(subscription), members.first_plan(club), quantity)
    return members.again(subscription).balance


def upgraded(club, *, start=1, to=10):
    subscription = members.started(club, quantity=start)
    change_now(subscription, members.first_plan(club), to, consents=True)
    return members.again(subscription)


def test_a_refunded_upgrade_is_not_credited_again(club, bank):
    subscription = upgraded(club)
    give_back(club, newest())
    assert balance_after(club, subscription, 1) == 0


def test_a_part_that_went_back_is_not_credited(club, bank):
    subscription = members.started(club, quantity=10)
    give_back(club, newest(), 4000)
    assert balance_after(club, subscription, 1) == 5000


def test_what_is_on_its_way_back_is_not_credited(club, bank):
    subscription = members.started(club, quantity=10)
    cards.refund(newest(), 4000)
    assert worth.period(members.again(subscription)).value == 6000


def test_a_refund_that_failed_took_nothing(club, bank):
    subscription = members.started(club, quantity=10)
    give_back(club, newest(), 4000, "failed")
    assert balance_after(club, subscription, 1) == 9000


def test_what_went_back_before_a_change_is_counted_once(club, bank):
    subscription = members.started(club, quantity=10)
    give_back(club, newest(), 9000)
    balance_after(club, subscription, 1)
    assert worth.period(members.again(subscription)).value == 1000


def test_what_lies_with_the_bank_is_not_credited(club, bank):
    subscription = members.started(club, quantity=10)
    payment = newest()
    cards.tell(club, cards.dispute_event(payment, moved="-"))
    assert worth.gone_back(members.again(subscription)) == 10_000


def test_a_refund_of_an_earlier_period_leaves_this_one_alone(club, bank):
    subscription = members.started(club)
    payment = newest()
    yearly = members.plan(club, price=10_000, unit=Unit.YEAR)
    change_now(subscription, yearly, 1, consents=True)
    give_back(club, payment)
    assert worth.period(members.again(subscription)).value == 10_000


def test_a_whole_refund_of_the_change_that_began_the_period_ends_it(club, bank):
    subscription = members.started(club)
    members.advance(subscription, days=10)
    yearly = members.plan(club, price=10_000, unit=Unit.YEAR)
    change_now(members.again(subscription), yearly, 1, consents=True)
    give_back(club, newest())
    now = members.again(subscription)
    assert (now.end_reason, now.recurring, standing(now)) == (EndReason.REFUNDED, 0, "off")


def test_a_whole_refund_of_a_change_within_the_period_ends_nothing(club, bank):
    subscription = upgraded(club)
    give_back(club, newest())
    assert standing(subscription) == "active"


def test_who_ends_at_once_gets_all_payments_of_the_period_back(club, bank):
    subscription = upgraded(club, start=9)
    allow(subscription, cancel_now=CancelNow.PRORATED)
    members.advance(subscription, days=3)
    shown = cancellations.refund_of_now(members.again(subscription)).amount
    cancellations.now(subscription, actor=BUYER)
    given = Refund.objects.order_by("-id").values_list("payment__amount", "amount")
    assert sorted(given) == [(1000, 1000), (9000, shown - 1000)]


def test_free_days_are_not_given_back_in_money(club, bank):
    subscription = members.started(club)
    allow(subscription, cancel_now=CancelNow.PRORATED)
    halfway(subscription)
    before = cancellations.refund_of_now(members.again(subscription)).amount
    extensions.give(members.again(subscription), 366, actor=SYSTEM, reason="sorry")
    after = cancellations.refund_of_now(members.again(subscription)).amount
    assert before - 1 <= after <= before


def test_in_free_days_a_change_costs_nothing(club, bank):
    subscription = members.started(club)
    extensions.give(subscription, 30, actor=SYSTEM, reason="sorry")
    members.advance(subscription, days=40)
    plan = members.first_plan(club)
    shown = changes.preview(members.again(subscription), version_id=plan.version_id, quantity=2)
    assert (shown.due.amount, shown.balance.amount) == (0, 0)


def test_an_end_without_cover_changes_nothing(club, bank):
    subscription = upgraded(club, start=9)
    allow(subscription, cancel_now=CancelNow.PRORATED)
    books = Books(club.merchant.pk, club.account.pk, "USD", club.merchant.book)
    make.post(paid_out(books.merchant, 9000, newest().available_at))
    with pytest.raises(BalanceTooLow):
        cancellations.now(subscription, actor=BUYER)
    assert (members.again(subscription).ended_at, Refund.objects.count()) == (None, 0)


def test_a_change_now_drops_what_was_planned_and_says_so(club, bank):
    subscription = members.started(club, quantity=2)
    other = members.plan(club, price=3000)
    changes.at_end(subscription, version_id=other.version_id, quantity=1, actor=BUYER)
    planned, plan = members.again(subscription), members.first_plan(club)
    shown = changes.preview(planned, version_id=plan.version_id, quantity=3)
    change_now(planned, plan, 3)
    assert (shown.drops_planned, members.again(subscription).next_version_id) == (True, None)


def test_a_balance_goes_back_where_it_ends_at_once(club, bank):
    subscription = members.started(club, quantity=10)
    members.started(club)  # whose money covers the fees that stay
    allow(subscription, cancel_now=CancelNow.PRORATED)
    balance_after(club, subscription, 1)
    cancellations.now(members.again(subscription), actor=BUYER)
    back = sum(Refund.objects.values_list("amount", flat=True))
    assert (members.again(subscription).balance, 9999 <= back <= 10_000) == (0, True)


def test_a_balance_that_is_left_at_the_end_goes_back_by_the_sweep(club, bank):
    subscription = members.started(club, quantity=10)
    balance_after(club, subscription, 1)
    cancellations.at_end(members.again(subscription), actor=BUYER)
    over(subscription)
    assert tasks.give_back() == 1
    line = members.again(subscription).invoices.order_by("-number").first().lines[0]
    assert (line["kind"], line["amount"], Refund.objects.get().amount) == ("returned", 9000, 9000)


def test_a_whole_refund_takes_the_credit_that_came_of_it(club, bank):
    yearly = members.plan(club, price=12_000, unit=Unit.YEAR)
    subscription = members.started(club, version=yearly)
    payment = newest()
    change_now(subscription, members.first_plan(club), 1)
    had = members.again(subscription).balance
    give_back(club, payment)
    assert had > 10_990
    assert members.again(subscription).balance == 0


def test_a_whole_refund_leaves_the_credit_of_other_payments(club, bank):
    yearly = members.plan(club, price=12_000, unit=Unit.YEAR)
    subscription = members.started(club)
    first = newest()
    change_now(subscription, yearly, 1, consents=True)
    change_now(members.again(subscription), members.first_plan(club), 1)
    had = members.again(subscription).balance
    give_back(club, first)
    assert members.again(subscription).balance == had > 10_990


def test_a_balance_that_no_payment_can_carry_stays(club, bank):
    subscription = members.started(club, quantity=10)
    balance_after(club, subscription, 1)
    cards.tell(club, cards.dispute_event(newest(), moved="-"))
    cancellations.at_end(members.again(subscription), actor=BUYER)
    over(subscription)
    tasks.give_back()
    assert (members.again(subscription).balance, Refund.objects.count()) == (9000, 0)


def test_a_period_that_outlasts_its_grants_is_noticed(club, bank):
    members.started(club)
    assert noticed_after(_SUBSCRIPTION_LASTS) == ["subscriptions.stands_as_granted"]


def test_a_period_and_its_grant_that_last_longer_than_the_plan_are_noticed(club, bank):
    members.started(club)
    lasts = [_SUBSCRIPTION_LASTS, *_GRANT_LASTS]
    assert noticed_after(*lasts) == ["subscriptions.as_long_as_planned"]


@pytest.mark.parametrize("unit", [Unit.DAY, Unit.QUARTER, Unit.YEAR])
def test_periods_of_every_unit_are_as_long_as_planned(club, bank, unit):
    members.started(club, version=members.plan(club, unit=unit, count=7 if unit is Unit.DAY else 1))
    assert noticed_after() == []


_SUBSCRIPTION_LASTS = "UPDATE subscriptions_subscription SET period_ends = period_ends + interval '4 days'"
_GRANT_LASTS = (
    "UPDATE subscriptions_invoice SET period_ends = period_ends + interval '4 days'",
    "UPDATE merchants_entitlementgrant SET ends_at = ends_at + interval '4 days'",
)


def noticed_after(*statements):
    """What the auditor says after these statements, which no trigger sees; then they are undone."""
    undone = [statement.replace(" + ", " - ") for statement in statements]
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        for statement in statements:
            cursor.execute(statement)
        found = [each.code for each in INVARIANTS if not auditor.check(each).holds]
        for statement in undone:
            cursor.execute(statement)
        cursor.execute("SET session_replication_role = origin")
    return found
