"""A change of address asks both mailboxes, and loses nobody's orders."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from audit.models import AuditRow
from buyers import keys, queries
from buyers.models import Buyer, Code, FormerEmail
from tests.factories import buyers as make

pytestmark = pytest.mark.django_db

OLD, NEW = "old@example.com", "new@example.com"
ASK, CODES = "/my/settings/email/", "/my/settings/email/codes/"


@pytest.fixture
def who() -> Buyer:
    return make.buyer(OLD)


@pytest.fixture
def client(who: Buyer) -> Client:
    return make.signed_in(who)


def codes() -> dict[str, str]:
    return {"old_email": make.mailed(OLD), "new_email": make.mailed(NEW)}


def moved(client: Client, to: str = NEW) -> Any:
    client.post(ASK, {"email": to})
    return client.post(CODES, codes() | {"new_email": make.mailed(to)})


def test_both_codes_move_the_buyer(client: Client):
    assert moved(client).headers["Location"] == "/my/settings/?done=email"
    assert Buyer.objects.get().address == NEW
    assert NEW in client.get("/my/settings/").content.decode()


@pytest.mark.parametrize("field", ["old_email", "new_email"])
def test_one_wrong_code_changes_nothing_and_costs_the_other_nothing(client: Client, field: str):
    client.post(ASK, {"email": NEW})
    right = codes()
    answer = client.post(CODES, right | {field: make.wrong(right[field])})
    assert answer.status_code == 400
    assert f'id="id_{field}-error"' in answer.content.decode()
    assert Buyer.objects.get().address == OLD
    assert client.post(CODES, right).status_code == 303


def test_the_codes_of_the_two_mailboxes_are_not_exchangeable(client: Client):
    client.post(ASK, {"email": NEW})
    right: Mapping[str, str] = codes()
    swapped = {"old_email": right["new_email"], "new_email": right["old_email"]}
    same = right["old_email"] == right["new_email"]
    assert client.post(CODES, swapped).status_code == (303 if same else 400)


def test_a_code_for_a_change_signs_nobody_in(client: Client):
    client.post(ASK, {"email": NEW})
    stranger = make.browser()
    stranger.post("/my/sign-in/", {"email": OLD})
    assert Code.objects.count() == 3


def test_what_was_bought_with_the_old_address_stays_the_buyers(client: Client, who: Buyer):
    moved(client)
    now, before = queries.holdings(Buyer.objects.get())
    assert (now.key, now.until) == (keys.email_key(NEW), None)
    assert before.key == keys.email_key(OLD) and before.until is not None


def test_going_back_to_the_old_address_makes_it_the_present_one(client: Client):
    moved(client)
    client.post(ASK, {"email": OLD})
    client.post(CODES, {"old_email": make.mailed(NEW), "new_email": make.mailed(OLD)})
    assert [row.email_key for row in FormerEmail.objects.all()] == [keys.email_key(NEW)]


def test_other_browsers_are_signed_out_and_this_one_stays(client: Client, who: Buyer):
    other = make.signed_in(who)
    moved(client)
    assert (client.get("/my/").status_code, other.get("/my/").status_code) == (200, 303)


def test_the_present_address_is_no_new_one(client: Client):
    answer = client.post(ASK, {"email": OLD.upper()})
    assert answer.status_code == 400 and Code.objects.count() == 0


def test_somebody_elses_address_is_refused_only_to_who_can_read_its_mail(client: Client):
    make.buyer(NEW)
    asked = client.post(ASK, {"email": NEW})
    unknown = client.post(ASK, {"email": "nobody@example.com"})
    assert (asked.status_code, asked.headers["Location"]) == (
        unknown.status_code,
        unknown.headers["Location"],
    )
    answer = moved(client)
    assert answer.status_code == 400 and "account of its own" in answer.content.decode()
    assert Buyer.objects.filter(email_key=keys.email_key(OLD)).exists()


def test_a_browser_that_was_signed_out_meanwhile_moves_nobody(client: Client, who: Buyer):
    client.post(ASK, {"email": NEW})
    right = codes()
    make.signed_in(who).post("/my/settings/sign-out/")
    assert client.post(CODES, right).headers["Location"].startswith("/my/sign-in/")
    assert Buyer.objects.get().address == OLD


def test_the_change_is_on_record_without_the_address(client: Client):
    moved(client)
    row = AuditRow.objects.get(action="buyer.email_changed")
    assert "example.com" not in str(row.facts)


def test_the_database_gives_no_address_to_two(who: Buyer):
    other = make.buyer(NEW)
    with pytest.raises(IntegrityError), transaction.atomic():
        Buyer.objects.filter(pk=other.pk).update(email_key=who.email_key)


def test_the_database_lets_no_epoch_fall(who: Buyer):
    Buyer.objects.filter(pk=who.pk).update(session_epoch=3)
    with pytest.raises(IntegrityError), transaction.atomic():
        Buyer.objects.filter(pk=who.pk).update(session_epoch=2)


def test_nobody_is_seen_more_than_once_an_hour(client: Client, who: Buyer):
    Buyer.objects.update(last_seen_at=who.last_seen_at - timedelta(minutes=59))
    client.get("/my/settings/")
    assert Buyer.objects.get().last_seen_at == who.last_seen_at - timedelta(minutes=59)
    Buyer.objects.update(last_seen_at=who.last_seen_at - timedelta(minutes=61))
    client.get("/my/settings/")
    assert Buyer.objects.get().last_seen_at >= who.last_seen_at
