"""A new version of a plan for those who have an older one: offered, answered, never taken dearer unasked."""

import pytest

from audit.models import AuditRow
from kernel.actors import BUYER, SYSTEM
from kernel.intervals import Unit
from merchants.roles import Role
from outbox.models import Event
from payments.subscriptions.models import PriceChange
from payments.subscriptions.services import cancellations, changes, price_changes
from payments.subscriptions.services.price_changes import Offered
from tests.api.client import api_of
from tests.factories import subscriptions as members
from tests.factories.merchants import MemberFactory
from tests.payments.subscriptions.test_desk import english, text

pytestmark = pytest.mark.django_db


def offered(club, price):
    return price_changes.offer(members.dearer(club.product, price).pk, actor=SYSTEM)


def test_who_leaves_is_not_asked(club, bank):
    cancellations.at_end(members.started(club), actor=BUYER)
    assert offered(club, 1500) == Offered(asked=0, taken=0)


def test_who_has_planned_another_change_keeps_it(club, bank):
    subscription = members.started(club)
    year = members.plan(club, price=9000, unit=Unit.YEAR)
    changes.at_end(subscription, version_id=year.version_id, quantity=1, consents=True, actor=BUYER)
    assert offered(club, 800) == Offered(asked=0, taken=0)
    assert members.again(subscription).next_version_id == year.version_id


def test_what_is_no_dearer_but_of_another_period_is_asked_for(club, bank):
    members.started(club)
    version = members.dearer(club.product, 900, unit=Unit.YEAR)
    assert price_changes.offer(version.pk, actor=SYSTEM) == Offered(asked=1, taken=0)


def test_the_outlook_is_what_the_offer_comes_to(club, bank):
    members.started(club), members.started(club, quantity=2)
    members.dearer(club.product, 1500)
    newest = members.first_plan(club)
    assert price_changes.outlook(newest) == price_changes.offer(newest.version_id, actor=SYSTEM)


def test_an_offer_is_written_down(club, bank):
    members.started(club)
    offered(club, 1500)
    assert AuditRow.objects.get(action="plan.offered").facts == {"version": 2, "asked": 1, "taken": 0}


def test_a_yes_beyond_what_the_card_was_agreed_for_is_agreed_anew(club, bank):
    subscription = members.started(club)
    change = members.asked_for_more(subscription, 5000)
    price_changes.accept(change, actor=BUYER)
    kept = members.again(subscription).mandate
    assert (kept.limit_amount, "$50.00" in kept.consent.text.text) == (15_000, True)


def test_a_yes_within_it_leaves_the_agreement_alone(club, bank):
    subscription = members.started(club)
    before = subscription.mandate.consent_id
    price_changes.accept(members.asked_for_more(subscription), actor=BUYER)
    assert members.again(subscription).mandate.consent_id == before


@pytest.mark.parametrize("reason", ["declined", "unanswered"])
def test_a_no_is_told(club, bank, reason):
    subscription = members.started(club)
    change = members.asked_for_more(subscription)
    if reason == "declined":
        price_changes.decline(change, actor=BUYER)
    else:
        members.advance(subscription, days=40)
        price_changes.lapse(10)
    told = Event.objects.get(topic="subscription.price_change_declined")
    assert told.payload["reason"] == reason


# In the dashboard, and by API


def test_a_merchant_sees_whom_an_offer_reaches_and_makes_it(club, bank):
    members.started(club)
    plan = members.dearer(club.product, 1500).plan
    browser = english(MemberFactory.create(merchant=club.merchant.twin_of))
    page = f"/m/{club.merchant.key}/plans/{plan.key}/"
    assert "Offer it to older subscribers" in text(browser.get(page))
    assert "or of another period 1" in text(browser.get(f"{page}offer/"))
    assert "1 are asked by mail" in text(browser.post(f"{page}offer/", follow=True))
    assert PriceChange.objects.count() == 1


def test_who_may_not_set_prices_offers_none(club, bank):
    plan = members.dearer(club.product, 1500).plan
    browser = english(MemberFactory.create(merchant=club.merchant.twin_of, role=Role.SUPPORT))
    assert browser.post(f"/m/{club.merchant.key}/plans/{plan.key}/offer/").status_code == 403


def test_a_plan_is_offered_by_api(club, bank):
    subscription = members.started(club)
    version = members.dearer(club.product, 1500)
    api = api_of(club.merchant)
    made = api.post("/price_changes", {"plan": version.plan.key})
    assert (made.status_code, made.json()["asked"], made.json()["taken"]) == (201, 1, 0)
    listed = api.get(f"/price_changes?subscription={subscription.key}").json()["data"]
    assert [(each["state"], each["new_price"]["amount"]) for each in listed] == [("offered", 1500)]
    assert api.get(f"/price_changes/{listed[0]['id']}").json() == listed[0]
