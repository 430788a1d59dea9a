"""Monthly recurring revenue and its bridge; offers of another price; what lies ahead."""

from datetime import timedelta
from decimal import Decimal

import pytest

from kernel.actors import BUYER, SYSTEM
from kernel.books import Book
from kernel.intervals import Unit
from merchants.models import Plan
from merchants.services import plans
from merchants.services.plans import Terms
from payments.subscriptions import queries, revenue
from payments.subscriptions.models import PriceChange
from payments.subscriptions.services import cancellations, changes, price_changes, renewals
from payments.subscriptions.services.price_changes import Offered
from tests.factories import subscriptions as members

pytestmark = pytest.mark.django_db


def over(subscription):
    left = members.again(subscription).period_ends - members.now(subscription)
    members.advance(subscription, seconds=left.total_seconds() + 60)
    renewals.run(50)
    renewals.run(50)
    return members.again(subscription)


def dearer(club, price):
    """The plan's next version, published."""
    plan = Plan.objects.get(pk=members.first_plan(club).plan_id)
    plans.draft_version(plan, Terms(unit=Unit.MONTH, max_quantity=10, prices={"USD": price}), actor=SYSTEM)
    return plans.publish(plan, actor=SYSTEM)


def test_the_bridge_adds_up_to_what_is_left(club, bank):
    stays, goes, grows = (members.started(club) for _ in range(3))
    begin = members.now(stays)
    quarter = members.plan(club, price=2400, unit=Unit.QUARTER)
    changes.at_end(grows, version_id=members.first_plan(club).version_id, quantity=2, actor=BUYER)
    changes.at_end(stays, version_id=quarter.version_id, quantity=1, actor=BUYER)
    cancellations.at_end(goes, actor=BUYER)
    over(stays)
    now = members.now(stays)
    told = revenue.bridge(Book.SANDBOX, begin, now, merchant_id=club.merchant.pk)["USD"]
    assert (told.opening, told.closing) == (3000, 2800)
    assert told.moves == {"expansion": 1000, "contraction": -200, "churn": -1000}
    assert told.opening + sum(told.moves.values()) == told.closing
    lost = revenue.churn(Book.SANDBOX, begin, now, merchant_id=club.merchant.pk)
    assert (lost.began, lost.lost, round(lost.rate, 4)) == (3, 1, Decimal("0.3333"))
    assert revenue.at(Book.LIVE, now) == {}


def test_a_dearer_price_is_taken_only_with_consent(club, bank):
    agrees, keeps_silent = members.started(club), members.started(club)
    version = dearer(club, 1500)
    assert price_changes.offer(version.pk, actor=SYSTEM) == Offered(asked=2, taken=0)
    price_changes.accept(PriceChange.objects.get(subscription=agrees), actor=BUYER)
    over(agrees)
    assert price_changes.lapse(10) == 1
    assert sorted(bank.charged) == [1000, 1500]
    assert members.again(keeps_silent).unit_price == 1000
    assert price_changes.offer(version.pk, actor=SYSTEM) == Offered(asked=0, taken=0)


def test_a_cheaper_price_is_taken_by_itself(club, bank):
    subscription = members.started(club)
    price_changes.offer(dearer(club, 800).pk, actor=SYSTEM)
    assert over(subscription).unit_price == 800
    assert not PriceChange.objects.exists()


@pytest.mark.parametrize(("keeps", "what"), [(True, ["notice", "charge"]), (False, ["link", "due"])])
def test_what_lies_ahead_says_whether_it_is_charged_or_comes_by_a_link(club, bank, keeps, what):
    ahead = queries.ahead(members.started(club, keeps=keeps))
    assert [each.what for each in ahead][:2] == what


def test_who_is_not_charged_is_reminded(club, bank):
    late = over(members.started(club, keeps=False))
    assert {each.what for each in queries.ahead(late)} == {"remind", "give_up"}


def test_what_lies_ahead_is_the_notice_and_the_charge(club):
    subscription = members.started(club)
    first, second, *_ = queries.ahead(subscription)
    assert (first.what, second.what) == ("notice", "charge")
    assert second.at - first.at == timedelta(days=5)
    assert second.sum == subscription.price


def test_the_charges_that_are_shown_come_when_they_were_shown(club, bank):
    subscription = members.started(club)
    shown = [each.at for each in queries.ahead(subscription) if each.what == "charge"]
    assert over(subscription).period_starts == shown[0]
    assert over(subscription).period_starts == shown[1]


def test_a_schedule_of_tries_lies_ahead_of_what_is_past_due(club, bank):
    subscription = members.started(club)
    bank.plight = "insufficient_funds"
    now = over(subscription)
    due = subscription.period_ends
    ahead = [(each.what, (each.at - due).days) for each in queries.ahead(now)]
    assert ahead == [("try", 2), ("try", 5), ("try", 9), ("give_up", 9)]
