"""Who deletes their account is forgotten: no row knows the address, and no copy of a row can be opened."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client

import vault
from buyers import consents, keys
from buyers.models import Buyer, Code, Consent, FormerEmail
from buyers.models.buyer import EMAIL
from buyers.services import erasure
from kernel import clock, ids
from tests.attacks.test_canaries import told_in_tables
from tests.factories import buyers as make
from vault.errors import Unreadable
from vault.models import DataKey

pytestmark = pytest.mark.django_db

ADDRESS, ERASE = "canary-bai@example.com", "/my/settings/delete/"


@pytest.fixture
def who() -> Buyer:
    return make.buyer(ADDRESS)


@pytest.fixture
def client(who: Buyer) -> Client:
    return make.signed_in(who)


def test_a_copy_of_the_row_cannot_be_opened_any_more(client: Client, who: Buyer):
    copy = bytes(who.email)
    assert vault.open(who.pk, copy, context=EMAIL, row=who.pk).decode() == ADDRESS
    client.post(ERASE, {"sure": "on"})
    assert not DataKey.objects.filter(owner=who.pk).exists()
    vault.forget()
    with pytest.raises(Unreadable):
        vault.open(who.pk, copy, context=EMAIL, row=who.pk)


def test_no_table_knows_the_address_or_its_fingerprint(client: Client):
    key = keys.email_key(ADDRESS)
    FormerEmail.objects.create(buyer=Buyer.objects.get(), email_key=b"x" * 16, until=clock.now())
    client.post("/my/settings/email/", {"email": "new@example.com"})
    client.post(ERASE, {"sure": "on"})
    assert told_in_tables(ADDRESS) == []
    assert not Code.objects.filter(email_key=key).exists()
    assert not Buyer.objects.filter(email_key=key).exists() and not FormerEmail.objects.exists()


def test_every_browser_is_signed_out(client: Client, who: Buyer):
    other = make.signed_in(who)
    client.post(ERASE, {"sure": "on"})
    assert [browser.get("/my/").status_code for browser in (client, other)] == [303, 303]


def test_it_must_be_meant(client: Client):
    assert client.post(ERASE).status_code == 400
    assert Buyer.objects.get().erased_at is None


def test_the_page_says_what_stays(client: Client):
    page = client.get(ERASE).content.decode()
    assert "What stays" in page and "for as long as the law asks" in page


def test_what_was_agreed_to_stays_as_evidence_without_the_address(client: Client, who: Buyer):
    consents.declare(consents.Kind("test.erased", 1, "Payment", "Words."))
    consents.agree(keys.email_key(ADDRESS), "test.erased", "en", {}, ("x", ids.new()), clock.now())
    client.post(ERASE, {"sure": "on"})
    assert Consent.objects.count() == 1


def test_the_same_address_is_a_new_buyer_afterwards(client: Client, who: Buyer):
    client.post(ERASE, {"sure": "on"})
    assert make.buyer(ADDRESS).pk != who.pk


def test_forgetting_twice_changes_nothing(who: Buyer):
    erasure.erase(who)
    at = Buyer.objects.get().erased_at
    erasure.erase(who)
    assert Buyer.objects.get().erased_at == at


def test_the_platforms_own_keys_are_never_destroyed():
    with pytest.raises(ValueError, match="not destroyed"):
        vault.destroy(vault.PLATFORM)


def test_the_database_brings_nobody_back(who: Buyer):
    kept, key = bytes(who.email), who.email_key
    erasure.erase(who)
    with pytest.raises(IntegrityError, match="does not come back"), transaction.atomic():
        Buyer.objects.update(email=kept, email_key=key, erased_at=None)


def test_the_database_lets_no_buyer_be_half_erased(who: Buyer):
    with pytest.raises(IntegrityError, match="buyer_erased_whole"), transaction.atomic():
        Buyer.objects.update(erased_at=clock.now(), email_key=None)


def test_the_database_deletes_no_buyer(who: Buyer):
    with (
        pytest.raises(IntegrityError, match="not deleted"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("DELETE FROM buyers_buyer")
