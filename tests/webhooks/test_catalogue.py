"""What leaves the house: the catalogue against what is really said."""

import pytest

from outbox.models import Event
from tests.factories import payments as sale
from tests.factories import settlement as bank
from webhooks import topics

pytestmark = pytest.mark.django_db
PRIVATE = {"order.links_asked", "payout.first_approved", "payout.approved"}


def test_every_public_event_of_a_sale_and_a_payout_says_all_that_the_catalogue_names():
    sale.paid(sale.shop())
    bank.drafted(bank.merchant())
    said = {event.topic: event.payload for event in Event.objects.all()}
    assert said.keys() >= {"order.placed", "order.paid", "statement.closed", "payout.drafted"}
    known = topics.public()
    missing = {name: set(known[name].facts) - set(payload) for name, payload in said.items() if name in known}
    assert {name: facts for name, facts in missing.items() if facts} == {}


def test_what_concerns_the_house_alone_is_not_in_it():
    assert PRIVATE.isdisjoint(topics.public())
    assert not [name for name in topics.public() if name.startswith(("risk.", "member.", "bank_account."))]


@pytest.mark.parametrize("topic", topics.public().values(), ids=lambda topic: topic.name)
def test_a_topic_says_when_it_comes_and_what_it_holds(topic):
    assert topic.sentence.endswith(".")
    assert topic.facts
    assert all(words.endswith(".") for words in topic.facts.values())
