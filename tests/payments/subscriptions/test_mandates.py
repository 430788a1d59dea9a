"""How kept methods end: told wherever they end, by mail only where it changes something for the buyer."""

import pytest
from django.core import mail

from kernel.actors import BUYER, SYSTEM
from outbox.models import Event
from payments.channels.base import MandateState as Said
from payments.channels.news import MandateTold
from payments.subscriptions import letters
from payments.subscriptions.models import Mandate, Subscription
from payments.subscriptions.services import cancellations, cards, mandates, starts
from tests.factories import subscriptions as members

pytestmark = pytest.mark.django_db


@pytest.fixture
def member(club):
    """A membership whose card can be charged."""
    return members.started(club, language="en", contact="buyer@example.com")


def another(subscription):
    """The buyer agrees to another card, which the channel does not keep yet."""
    return cards.agreed(subscription, method=members.CARD, actor=BUYER)


def ends():
    """What was told of mandates that ended: which, and why."""
    payloads = Event.objects.filter(topic="mandate.ended").order_by("pk").values_list("payload", flat=True)
    return [(each["mandate"], each["reason"]) for each in payloads]


def mailed(subscription):
    """The letters for mandates of a subscription that ended."""
    mail.outbox.clear()
    for event in Event.objects.filter(topic="mandate.ended", subject_id=subscription.pk):
        letters.send(members.again(subscription), event.topic, event.payload)
    return mail.outbox


def test_a_replaced_card_is_told_and_not_mailed(member):
    first = member.mandates.get()
    another(member)
    assert ends() == []
    members.keep_card(member, "cus_buyer:pm_other")
    assert ends() == [(first.key, "replaced")]
    assert not mailed(member)


def test_a_page_that_another_one_replaces_is_told_and_not_mailed(member):
    waiting = another(member)
    another(member)
    assert ends() == [(waiting.key, "replaced")]
    assert not mailed(member)


def test_the_end_of_a_membership_tells_the_end_of_its_card_and_mails_no_link(member):
    cancellations.now(member, actor=SYSTEM)
    assert ends() == [(member.mandates.get().key, "ended")]
    topics = Event.objects.filter(subject_id=member.pk).order_by("pk").values_list("topic", flat=True)
    assert list(topics)[-2:] == ["subscription.ended", "mandate.ended"]
    assert not mailed(member)


@pytest.mark.parametrize("reason", ["buyer", "api", "consent", "channel"])
def test_who_ends_a_card_is_mailed_that_links_follow(member, reason):
    mandates.end(member.mandates.get(), actor=BUYER, reason=reason)
    assert ends() == [(member.mandates.get().key, reason)]
    [letter] = mailed(member)
    assert "For each further period you get a link to pay." in letter.body


def test_a_page_that_ran_out_unused_is_told_and_not_mailed(member):
    waiting = another(member)
    mandates.end(waiting, actor=SYSTEM, reason="channel")
    assert ends() == [(waiting.key, "channel")]
    assert not mailed(member)
    assert members.again(member).mandate_id is not None


def test_a_trial_whose_page_ran_out_is_not_mailed_of_a_card(bank):
    tasting = members.membership(gateway=bank.url, trial_days=7)
    starts.trial(members.basket(tasting, language="en"))
    mandates.end(Mandate.objects.get(), actor=SYSTEM, reason="channel")
    assert len(ends()) == 1
    assert not mailed(Subscription.objects.get())


def test_of_two_cards_that_are_gone_only_the_one_that_was_ended_by_hand_is_mailed(member):
    another(member)
    mandates.end(members.keep_card(member, "cus_buyer:pm_other"), actor=BUYER, reason="buyer")
    assert [reason for _, reason in ends()] == ["replaced", "buyer"]
    assert len(mailed(member)) == 1


def test_the_words_that_a_card_is_charged_by_outlive_a_page_that_was_not_used(member):
    another(member)
    mandates.end(another(member), actor=SYSTEM, reason="channel")
    assert member.mandates.get(state="active").consent.ended_at is None
    mandates.end(member.mandates.get(state="active"), actor=BUYER, reason="buyer")
    assert member.mandates.exclude(consent__ended_at=None).count() == 3


def test_an_end_that_is_said_twice_is_told_once(member, bank):
    bank.forgotten.add("pm_card")
    mandate = member.mandates.get()
    for _ in range(2):
        mandates.told(mandate.account_id, MandateTold("evt_1", "", mandate.handle, Said.ENDED))
        for due in mandates.claim_due(5):
            mandates.ask(due)
    mandates.end(Mandate.objects.get(), actor=BUYER, reason="buyer")
    assert ends() == [(mandate.key, "channel")]
