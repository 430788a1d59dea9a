"""What memberships tell: all of it is in the public catalogue, and says what stands there."""

import pytest

from kernel.actors import BUYER, SYSTEM
from outbox.models import Event
from payments.subscriptions import events
from payments.subscriptions.services import (
    cancellations,
    changes,
    extensions,
    mandates,
    pauses,
    renewals,
    starts,
)
from tests.factories import payments as make
from tests.factories import subscriptions as members
from webhooks import topics

pytestmark = pytest.mark.django_db

ALL = {value for name, value in vars(events).items() if name.isupper() and isinstance(value, str)}


def later(subscription, **time):
    members.advance(subscription, **time)
    renewals.run(50)
    renewals.run(50)
    return members.again(subscription)


@pytest.fixture
def told(club, bank):
    """Lives of some subscriptions, event by event."""
    one = members.started(club)
    starts.trial(
        make.basket(club, plan=members.wish(club, members.plan(club, trial_days=7)), method="stripe.checkout")
    )
    plan = members.first_plan(club)
    changes.at_end(one, version_id=plan.version_id, quantity=2, actor=BUYER)
    changes.undo(one, actor=BUYER)
    seen = changes.preview(one, version_id=plan.version_id, quantity=3)
    changes.now(one, version_id=plan.version_id, quantity=3, agreed=seen.due, at=seen.at, actor=BUYER)
    cancellations.at_end(members.again(one), actor=BUYER)
    cancellations.undo(members.again(one), actor=BUYER)
    pauses.at_end(members.again(one), actor=BUYER)
    pauses.resume(members.again(one), actor=BUYER)
    extensions.give(members.again(one), 1, actor=SYSTEM, reason="an outage")
    one = later(one, days=28)
    one = later(one, days=10)
    pauses.at_end(one, actor=BUYER)
    one = later(one, days=32)
    one = pauses.resume(one, actor=BUYER)
    bank.plight = "lost_card"
    one = later(one, days=40)
    later(one, days=10)
    other = members.started(club)
    mandates.end(other.mandates.get(), actor=BUYER)
    cancellations.now(members.again(other), actor=SYSTEM)
    return {event.topic: event.payload for event in Event.objects.order_by("pk") if event.topic in ALL}


def test_every_topic_is_public():
    assert set(topics.public()) >= ALL


def test_what_is_told_says_all_that_the_catalogue_names(told):
    known = topics.public()
    missing = {topic: set(known[topic].facts) - set(payload) for topic, payload in told.items()}
    assert {topic: facts for topic, facts in missing.items() if facts} == {}


def test_the_lives_lead_past_nearly_all_of_it(told):
    assert ALL - set(told) <= {
        "subscription.price_change_declined",
        "subscription.price_change_offered",
        "subscription.recovered",
        "subscription.trial_started",
    }


def test_no_fact_of_a_subscription_stays_inside(told):
    known = topics.public()
    inside = {name for topic, payload in told.items() for name in set(payload) - set(known[topic].facts)}
    assert inside <= {"state", "product", "plan_version", "quantity", "amount", "currency", "period_ends"}
