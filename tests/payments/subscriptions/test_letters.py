"""What buyers are mailed of their memberships."""

from datetime import timedelta

import pytest
from django.core import mail

from kernel.actors import BUYER
from outbox.models import Event
from payments.models import Order
from payments.subscriptions import letters
from payments.subscriptions.models import Subscription
from payments.subscriptions.services import cancellations, changes, mandates, renewals
from tests.factories import subscriptions as members

pytestmark = pytest.mark.django_db


def told(subscription, topic):
    """The letter of the latest event of this topic."""
    event = Event.objects.filter(topic=topic, subject_id=subscription.pk).latest("id")
    letters.send(members.again(subscription), topic, event.payload)
    return mail.outbox[-1]


def test_who_subscribes_is_told_where_it_is_changed_and_ended(club):
    subscription = members.started(club, language="en", contact="buyer@example.com")
    letter = told(subscription, "subscription.started")
    assert letter.to == ["buyer@example.com"]
    assert f"/subscriptions/{subscription.token}/" in letter.body


def test_the_notice_names_the_card_the_sum_and_the_day(club):
    subscription = members.started(club, language="en")
    members.advance(subscription, days=26)
    renewals.run(10)
    letter = told(subscription, "subscription.renewal_upcoming")
    assert "Visa •••• 4242" in letter.body
    assert "$10.00" in letter.body


def test_who_pays_by_link_gets_the_link(club):
    subscription = members.started(club, language="en", keeps=False)
    members.advance(subscription, days=26)
    renewals.run(10)
    letter = told(subscription, "subscription.renewal_upcoming")
    assert f"/o/{Order.objects.latest('id').token}/" in letter.body
    assert "Nothing is charged by itself." in letter.body


def test_a_missing_payment_is_asked_for_by_link(club, bank):
    subscription = members.started(club, language="en")
    bank.plight = "authentication_required"
    members.advance(subscription, days=32)
    renewals.run(10)
    renewals.run(10)
    letter = told(subscription, "subscription.past_due")
    assert f"/o/{Order.objects.latest('id').token}/" in letter.body


def dunned_to_the_end(subscription):
    """The schedule goes by, a day at a time, and nobody pays. Gives what is told of it."""
    for _ in range(46):
        members.advance(subscription, days=1)
        renewals.run(10)
        renewals.run(10)
    topics = ["subscription.past_due", "subscription.ended"]
    return list(Event.objects.filter(topic__in=topics, subject_id=subscription.pk).order_by("id"))


@pytest.mark.parametrize(
    ("keeps", "plight"), [(True, "insufficient_funds"), (True, "authentication_required"), (False, "")]
)
def test_each_day_of_the_schedule_is_told_once(club, bank, keeps, plight):
    bank.plight = plight
    subscription = members.started(club, keeps=keeps)
    told = dunned_to_the_end(subscription)
    assert [event.payload.get("tries") for event in told] == [1, 2, 3, 4, None]


def test_on_the_last_day_the_end_is_mailed_and_no_link_that_is_dead(club, bank):
    subscription = members.started(club, language="en", keeps=False)
    told = dunned_to_the_end(subscription)
    mail.outbox.clear()
    for event in told:
        letters.send(members.again(subscription), event.topic, event.payload)
    assert [letter.subject.rpartition(" ")[2] for letter in mail.outbox] == ["missing."] * 3 + ["ended."]
    assert "was not paid" in mail.outbox[-1].body


def test_the_receipt_of_a_period_leads_to_its_order(club, bank):
    subscription = members.started(club, language="en")
    members.advance(subscription, days=32)
    renewals.run(10)
    letter = told(subscription, "subscription.renewed")
    assert f"/o/{Order.objects.latest('id').token}/" in letter.body
    assert "$10.00 was paid." in letter.body


def test_the_notice_of_a_planned_change_names_what_it_will_cost(club, bank):
    subscription = members.started(club, language="en")
    wanted = {"version_id": subscription.version_id, "quantity": 2}
    changes.at_end(subscription, **wanted, actor=BUYER)
    assert "$20.00 every month" in told(subscription, "subscription.change_scheduled").body
    members.advance(subscription, days=26)
    renewals.run(10)
    assert "$20.00 will be charged" in told(subscription, "subscription.renewal_upcoming").body


def test_what_the_balance_pays_is_not_said_to_be_charged(club, bank):
    subscription = members.started(club, language="en")
    Subscription.objects.filter(pk=subscription.pk).update(balance=1000)
    members.advance(subscription, days=26)
    renewals.run(10)
    assert "nothing is charged" in told(subscription, "subscription.renewal_upcoming").body
    members.advance(subscription, days=6)
    renewals.run(10)
    assert "nothing was charged" in told(subscription, "subscription.renewed").body
    assert not bank.charged


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_text_has_all_its_places(club, language):
    subscription = members.started(club, language=language)
    cancellations.at_end(subscription, actor=BUYER)
    mandates.end(subscription.mandates.get(), actor=BUYER, reason="buyer")
    payload = Event.objects.filter(subject_id=subscription.pk).latest("id").payload
    payload["next_try_at"] = payload["period_ends"]
    for topic in letters.TEXTS:
        letters.send(members.again(subscription), topic, payload)
    assert len(mail.outbox) == len(letters.TEXTS)
    assert not any("{" in letter.subject + letter.body for letter in mail.outbox)


def test_a_missing_payment_says_until_when_it_stays_on_and_when_it_ends(club, bank):
    subscription = members.started(club, language="en")
    bank.plight = "insufficient_funds"
    members.advance(subscription, days=32)
    renewals.run(10)
    since = members.again(subscription).past_due_since
    letter = told(subscription, "subscription.past_due")
    assert "could not be charged to Visa •••• 4242" in letter.body
    assert f"is on until {since + timedelta(days=3):%Y-%m-%d}" in letter.body
    assert f"ends on {since + timedelta(days=9):%Y-%m-%d}" in letter.body


def test_a_bank_that_wants_to_see_the_buyer_is_named(club, bank):
    subscription = members.started(club, language="en")
    bank.plight = "authentication_required"
    members.advance(subscription, days=32)
    renewals.run(10)
    assert "confirm it with your bank" in told(subscription, "subscription.past_due").body


def test_who_pays_by_link_is_not_asked_for_another_card(club):
    subscription = members.started(club, language="en", keeps=False)
    members.advance(subscription, days=32)
    renewals.run(10)
    renewals.run(10)
    assert "another card" not in told(subscription, "subscription.past_due").body


def test_a_trial_without_a_card_is_not_said_to_go_on_by_itself(club):
    subscription = members.started(club, language="en", keeps=False)
    payload = Event.objects.filter(subject_id=subscription.pk).latest("id").payload
    letters.send(members.again(subscription), "subscription.trial_started", payload)
    assert "you get a link to pay $10.00" in mail.outbox[-1].body


def test_who_subscribes_is_told_what_was_paid(club):
    subscription = members.started(club, language="en", quantity=2)
    assert "$20.00 was paid." in told(subscription, "subscription.started").body


def test_who_pays_for_a_change_is_told_what_was_paid_and_what_it_costs_from_now_on(club, bank):
    subscription = members.started(club, language="en")
    wanted = {"version_id": subscription.version_id, "quantity": 3}
    seen = changes.preview(subscription, **wanted)
    changes.now(subscription, **wanted, agreed=seen.due, at=seen.at, actor=BUYER)
    letter = told(subscription, "subscription.changed")
    assert "$20.00 was paid for that. It costs $30.00 every month" in letter.body
    assert f"/subscriptions/{subscription.token}/" in letter.body
