"""Another card: shown on the channel's page, and charged from then on in place of the one before."""

import pytest

from kernel.actors import BUYER, SYSTEM
from payments.errors import MethodUnavailable
from payments.subscriptions.errors import ConsentMissing, NotPossible
from payments.subscriptions.models import Mandate
from payments.subscriptions.services import cancellations, cards, mandates, renewals, tries
from tests.factories import subscriptions as members

pytestmark = pytest.mark.django_db


@pytest.fixture
def member(club):
    """A membership whose card can be charged."""
    return members.started(club)


def change(subscription, **asked):
    values = {"method": members.CARD, "consents": True, "actor": BUYER}
    return cards.change(subscription, **(values | asked))


def ask_all():
    for key in mandates.claim_due(10):
        mandates.ask(key)


def over(subscription):
    left = members.again(subscription).period_ends - members.now(subscription)
    members.advance(subscription, seconds=left.total_seconds() + 60)
    renewals.run(50)
    renewals.run(50)
    return members.again(subscription)


def charged(bank):
    """The cards that were charged, in the order of doing."""
    return [each["payment_method"] for each in bank.intents.values() if each["status"] == "succeeded"]


def test_the_buyer_is_led_to_a_page_and_the_card_in_use_stays_so(member, bank):
    assert change(member) == "https://checkout.example/cs_test_0"
    assert sorted(member.mandates.values_list("state", flat=True)) == ["active", "offered"]
    assert over(member).state == "active"
    assert charged(bank) == ["pm_card"]


def test_the_card_that_was_shown_is_charged_and_the_other_one_forgotten(member, bank):
    change(member)
    bank.show_card("pm_other")
    mandates.ask(member.mandates.get(state="offered").pk)
    ask_all()
    kept = members.again(member).mandate
    assert (kept.handle, kept.state, bank.forgotten) == ("cus_buyer:pm_other", "active", {"pm_card"})
    assert member.mandates.exclude(pk=kept.pk).get().end_reason == "replaced"
    over(member)
    assert charged(bank) == ["pm_other"]


def test_another_card_pays_what_a_lost_one_could_not(member, bank):
    bank.plight = "lost_card"
    assert over(member).hard
    bank.plight = ""
    change(member)
    bank.show_card("pm_other")
    mandates.ask(member.mandates.get(state="offered").pk)
    tries.by_hand(member, actor=BUYER)
    again = members.again(member)
    assert (again.state, again.hard, charged(bank)) == ("active", False, ["pm_other"])


def test_a_page_that_nobody_filled_in_gives_way_to_the_next(member):
    first = change(member)
    second = change(member)
    assert first != second
    assert member.mandates.filter(state="offered").count() == 1
    assert member.mandates.get(state="ended").end_reason == "replaced"


def test_a_channel_that_does_not_answer_gives_no_page(member, bank):
    bank.mute_pages = True
    assert change(member) == ""
    assert member.mandates.filter(state="offered").exists()


@pytest.mark.parametrize(
    ("asked", "refusal"),
    [({"consents": False}, ConsentMissing), ({"method": members.ALIPAY}, MethodUnavailable)],
)
def test_a_change_without_consent_or_by_a_method_that_is_not_kept_changes_nothing(member, asked, refusal):
    with pytest.raises(refusal):
        change(member, **asked)
    assert Mandate.objects.count() == 1


def test_a_membership_that_is_over_takes_no_card(member):
    cancellations.now(member, actor=SYSTEM)
    with pytest.raises(NotPossible):
        change(member)
    assert Mandate.objects.get().state == "ended"
