"""The team page and the way in by an invitation."""

import re
from collections.abc import Iterator

import pytest
from django.core import mail
from django.test import Client, override_settings

from kernel.actors import SYSTEM
from kernel.books import Book
from merchants import subscribers
from merchants.models import Invitation, Member, User
from merchants.roles import Role
from merchants.services import team
from outbox.models import Event
from outbox.subscribers import Received
from tests.factories.merchants import MemberFactory, UserFactory
from tests.merchants.people import browser, signed_in, try_password

pytestmark = pytest.mark.django_db
PASSWORD = "a sentence about nothing"


@pytest.fixture(autouse=True)
def mails() -> Iterator[None]:
    with override_settings(EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend"):
        yield


@pytest.fixture
def owner() -> Member:
    return MemberFactory.create()


@pytest.fixture
def client(owner: Member) -> Client:
    return signed_in(owner.user)


def invited(client: Client, owner: Member, email: str = "new@example.com") -> str:
    client.post(f"/m/{owner.merchant.key}/team/invite/", {"email": email, "role": "staff"})
    assert mail.outbox == []
    tell()
    found = re.search(r"/account/invitation/\S+/", mail.outbox[-1].body)
    assert found
    return found.group()


def tell() -> None:
    """Hand the newest invitation to who writes the letter, as the relay would."""
    event = Event.objects.filter(topic="member.invited").latest("created_at")
    subject = (event.subject_kind, event.subject_id)
    facts = (event.merchant_id, Book(event.book), event.payload, event.created_at)
    subscribers.write(Received(1, 1, event.pk, event.topic, subject, *facts))


def test_the_request_only_asks_for_the_letter(client: Client, owner: Member):
    client.post(f"/m/{owner.merchant.key}/team/invite/", {"email": "new@example.com", "role": "staff"})
    payload = Event.objects.get(topic="member.invited").payload
    assert (mail.outbox, sorted(payload)) == ([], ["invitation", "role"])


def test_a_letter_that_is_written_twice_carries_the_same_link(client: Client, owner: Member):
    invited(client, owner)
    tell()
    first, second = mail.outbox
    assert (first.to, first.body, first.alternatives) == (
        ["new@example.com"],
        second.body,
        second.alternatives,
    )


def test_an_offer_that_was_taken_back_is_not_written(client: Client, owner: Member):
    client.post(f"/m/{owner.merchant.key}/team/invite/", {"email": "new@example.com", "role": "staff"})
    team.withdraw(Invitation.objects.get(), actor=SYSTEM)
    tell()
    assert mail.outbox == []


@pytest.mark.parametrize(("language", "said"), [("en", "invites you to the team"), ("zh-hans", "邀请你")])
def test_the_letter_is_in_the_language_of_who_invites(
    client: Client, owner: Member, language: str, said: str
):
    User.objects.filter(pk=owner.user_id).update(language=language)
    invited(client, owner)
    html = mail.outbox[0].alternatives[0][0]
    assert said in mail.outbox[0].body and said in str(html)


def test_an_invitation_leads_to_an_account_and_to_the_second_factor(client: Client, owner: Member):
    link, newcomer = invited(client, owner), browser()
    newcomer.post(link, {"name": "New", "password": PASSWORD})
    try_password(newcomer, "new@example.com", PASSWORD)
    assert newcomer.get("/m/")["Location"].startswith("/account/security/app/")


def test_the_link_is_on_the_configured_address(client: Client, owner: Member, settings):
    invited(client, owner)
    assert settings.KEYWAY_URL in mail.outbox[-1].body


def test_the_page_of_the_link_is_kept_by_nobody(client: Client, owner: Member):
    answer = browser().get(invited(client, owner))
    assert (answer["Referrer-Policy"], answer["Cache-Control"]) == ("no-referrer", "no-store")


def test_a_used_link_is_gone(client: Client, owner: Member):
    link = invited(client, owner)
    browser().post(link, {"name": "New", "password": PASSWORD})
    assert browser().get(link).status_code == 404


def test_somebody_with_an_account_signs_in_and_joins(client: Client, owner: Member):
    known = UserFactory.create(email="known@example.com")
    link = invited(client, owner, "known@example.com")
    assert browser().post(link, {"name": "Thief", "password": PASSWORD}).status_code == 200
    signed_in(known).post(link)
    assert Member.objects.filter(user=known, merchant=owner.merchant).exists()


def test_somebody_else_who_is_signed_in_does_not(client: Client, owner: Member):
    link, stranger = invited(client, owner), UserFactory.create()
    UserFactory.create(email="new@example.com")
    signed_in(stranger).post(link)
    assert not Member.objects.filter(user=stranger).exists()


def test_a_role_holds_from_the_next_request_on(client: Client, owner: Member):
    member = MemberFactory.create(merchant=owner.merchant, role=Role.STAFF)
    theirs = signed_in(member.user)
    page = f"/m/{owner.merchant.key}/products/new/"
    assert theirs.get(page).status_code == 200
    client.post(f"/m/{owner.merchant.key}/team/{member.key}/role/", {"role": "viewer"})
    assert theirs.get(page).status_code == 403


def test_who_is_off_the_team_finds_nothing_at_the_next_request(client: Client, owner: Member):
    member = MemberFactory.create(merchant=owner.merchant)
    theirs = signed_in(member.user)
    client.post(f"/m/{owner.merchant.key}/team/{member.key}/remove/")
    assert theirs.get(f"/m/{owner.merchant.key}/products/").status_code == 404


def test_the_last_owner_stays(client: Client, owner: Member):
    assert client.post(f"/m/{owner.merchant.key}/team/{owner.key}/remove/").status_code == 409
    assert User.objects.get(pk=owner.user_id).memberships.count() == 1
