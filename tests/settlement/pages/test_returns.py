"""A payout that was paid and came back: the merchant's people are told, by mail and on their first page."""

import html

import pytest
from django.core import mail
from django.urls import reverse

from merchants.roles import Role
from outbox import relay, subscribers
from outbox.services import cursors, deliveries
from settlement.models import Payout
from settlement.rails import TransferAnswer, TransferState
from settlement.services import payouts, transfers
from tests.factories import settlement as make
from tests.factories.merchants import MemberFactory
from tests.merchants.people import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def team(merchant):
    roles = (Role.OWNER, Role.FINANCE, Role.STAFF)
    return {role: MemberFactory.create(merchant=merchant, role=role) for role in roles}


@pytest.fixture
def returned(payout, team) -> Payout:
    cursors.begin(["payout_letters"])
    make.bank()
    paid = payouts.send(make.approved(payout))
    return transfers.conclude(paid, TransferAnswer(TransferState.RETURNED, "closed", "Account closed"))


def home(member) -> str:
    client = signed_in(member.user)
    client.cookies["lang"] = "en"
    shown = client.get(reverse("payments:merchant-home", args=[member.merchant.key]))
    return html.unescape(shown.content.decode())


def test_owners_and_the_finance_clerk_are_written_to_in_their_language(returned, team):
    relay.number()
    deliveries.deliver(subscribers.named("payout_letters"))
    assert {letter.to[0] for letter in mail.outbox} == {
        team[role].user.email for role in (Role.OWNER, Role.FINANCE)
    }
    body = mail.outbox[0].body
    assert "Account closed" in body
    assert reverse("settlement:payout", args=[returned.merchant.key, returned.key]) in body
    assert "6222000000000001" not in body


def test_what_the_bank_refuses_is_told_with_what_its_code_means(payout, team):
    cursors.begin(["payout_letters"])
    make.bank(says=TransferState.FAILED, code="name_mismatch")
    payouts.send(make.approved(payout))
    relay.number()
    deliveries.deliver(subscribers.named("payout_letters"))
    assert "The bank refused the payout" in mail.outbox[0].body
    assert "The holder's name does not fit the account." in mail.outbox[0].body
    client = signed_in(team[Role.FINANCE].user)
    client.cookies["lang"] = "en"
    page = client.get(reverse("settlement:payout", args=[payout.merchant.key, payout.key]))
    assert "does not fit the account. (name_mismatch)" in html.unescape(page.content.decode())
    assert "The bank refused a payout" in home(team[Role.FINANCE])


def test_who_may_see_the_money_finds_it_among_what_needs_doing(returned, team):
    assert "A payout came back" in home(team[Role.FINANCE])
    assert "A payout came back" not in home(team[Role.STAFF])
