"""What buyers are mailed of their memberships."""

import pytest
from django.core import mail

from kernel.actors import BUYER
from outbox.models import Event
from payments.models import Order
from payments.subscriptions import letters
from payments.subscriptions.services import cancellations, renewals
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


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_text_has_all_its_places(club, language):
    subscription = members.started(club, language=language)
    cancellations.at_end(subscription, actor=BUYER)
    payload = Event.objects.filter(subject_id=subscription.pk).latest("id").payload
    for topic in letters.TEXTS:
        letters.send(members.again(subscription), topic, payload)
    assert len(mail.outbox) == len(letters.TEXTS)
    assert not any("{" in letter.subject + letter.body for letter in mail.outbox)
