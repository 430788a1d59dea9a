"""API keys: made, known, rolled, revoked; and their page."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.db.utils import InternalError

from audit.models import AuditRow
from kernel import clock
from kernel.actors import SYSTEM
from kernel.books import Book
from kernel.errors import Invalid
from kernel.machine import IllegalMove
from merchants import key_texts
from merchants.models import ApiKey, Merchant
from merchants.roles import Role
from merchants.scopes import OF_SANDBOX, Scope, grantable
from merchants.services import api_keys
from tests.factories.merchants import MemberFactory, MerchantFactory, TwinFactory
from tests.merchants.people import signed_in
from web.api.errors import KeyExpired, KeyUnknown

ALL = tuple(Scope)


@pytest.fixture
def merchant(db: Any) -> Merchant:
    return MerchantFactory.create()


def made(merchant: Merchant, **fields: Any) -> tuple[ApiKey, str]:
    return api_keys.create(merchant, "shop", ALL, actor=SYSTEM, **fields)


@pytest.mark.parametrize(("book", "prefix"), [(Book.LIVE, "kw_live_"), (Book.SANDBOX, "kw_test_")])
def test_a_key_says_its_book_and_is_told_from_a_made_up_one_by_its_checksum(book: Book, prefix: str):
    text = key_texts.new(book)
    assert text.startswith(prefix)
    assert key_texts.is_whole(text)
    changed = text[:-1] + ("0" if text[-1] != "0" else "1")
    assert not key_texts.is_whole(changed)
    assert not key_texts.is_whole(text.replace(prefix, "kw_live_" if book is Book.SANDBOX else "kw_test_"))


def test_a_twins_key_is_a_test_key(db: Any):
    assert made(TwinFactory.create())[1].startswith("kw_test_")


def test_the_text_of_a_key_is_kept_nowhere(merchant: Merchant):
    row, text = made(merchant)
    kept = str(ApiKey.objects.values().get()) + str(list(AuditRow.objects.values()))
    assert text not in kept
    assert text[8:-4] not in kept
    assert row.shown == f"kw_live_…{text[-4:]}"


def test_a_key_names_its_merchant_its_book_and_its_scopes(merchant: Merchant):
    caller = api_keys.caller(made(merchant)[1])
    assert (caller.merchant_id, caller.book, caller.scopes) == (merchant.id, "live", frozenset(ALL))


def test_a_made_up_key_asks_the_database_nothing():
    # Without a database mark a test may not connect.
    with pytest.raises(KeyUnknown):
        api_keys.caller("kw_live_" + "a" * 36)


def test_the_time_of_last_use_is_written_once_in_ten_minutes(merchant: Merchant):
    text = made(merchant)[1]
    start = clock.now()
    for minutes in (0, 5, 9):
        with time_machine.travel(start + timedelta(minutes=minutes), tick=False):
            api_keys.caller(text)
    assert ApiKey.objects.get().last_used_at == start
    with time_machine.travel(start + timedelta(minutes=11), tick=False):
        api_keys.caller(text)
    assert ApiKey.objects.get().last_used_at == start + timedelta(minutes=11)


def test_a_revoked_key_opens_nothing_from_the_next_request_on(merchant: Merchant):
    row, text = made(merchant)
    api_keys.revoke(row, actor=SYSTEM)
    with pytest.raises(KeyUnknown):
        api_keys.caller(text)
    with pytest.raises(IllegalMove):
        api_keys.revoke(row, actor=SYSTEM)


def test_a_rolled_key_works_until_the_chosen_time_beside_its_successor(merchant: Merchant):
    old, text = made(merchant)
    new, new_text = api_keys.roll(old, overlap=timedelta(hours=1), actor=SYSTEM)
    assert (new.name, new.scopes, new.replaces_id) == (old.name, old.scopes, old.id)
    assert api_keys.caller(text).merchant_id == api_keys.caller(new_text).merchant_id
    with time_machine.travel(clock.now() + timedelta(minutes=61)):
        with pytest.raises(KeyExpired):
            api_keys.caller(text)
        assert api_keys.caller(new_text)


def test_rolling_never_gives_a_key_more_time_than_it_had(merchant: Merchant):
    ends = clock.now() + timedelta(minutes=5)
    old, _ = made(merchant, expires_at=ends)
    api_keys.roll(old, overlap=timedelta(days=7), actor=SYSTEM)
    old.refresh_from_db()
    assert old.expires_at == ends


@pytest.mark.parametrize(
    "change",
    [
        "expires_at = NULL",
        "revoked_at = NULL",
        "scopes = ARRAY['keys:read']",
        "digest = decode('00', 'hex')",
        "expires_at = now() + interval '9 days'",
    ],
)
def test_the_database_refuses_to_bring_a_key_back_or_to_change_what_it_opens(merchant: Merchant, change: str):
    row, _ = made(merchant, expires_at=clock.now() + timedelta(days=1))
    api_keys.revoke(row, actor=SYSTEM)
    with pytest.raises((IntegrityError, InternalError)), transaction.atomic():
        cursor = connection.cursor()
        cursor.execute(f"UPDATE merchants_apikey SET {change}")


def test_a_key_without_scopes_or_for_a_time_gone_by_is_refused(merchant: Merchant):
    with pytest.raises(Invalid):
        api_keys.create(merchant, "x", (), actor=SYSTEM)
    with pytest.raises(Invalid):
        made(merchant, expires_at=clock.now())


def test_every_deed_on_a_key_is_on_record(merchant: Merchant):
    row, _ = made(merchant)
    new, _ = api_keys.roll(row, overlap=timedelta(), actor=SYSTEM)
    api_keys.revoke(new, actor=SYSTEM)
    actions = AuditRow.objects.order_by("id").values_list("action", flat=True)
    assert list(actions) == ["api_key.created", "api_key.created", "api_key.rolled", "api_key.revoked"]


def test_in_the_live_book_nobody_gives_a_key_what_their_role_may_not_do():
    live = grantable(Role.DEVELOPER, is_sandbox=False)
    assert Scope.ORDERS_WRITE in live
    assert live.isdisjoint({Scope.KEYS_READ, Scope.REFUNDS_WRITE, Scope.BALANCE_READ})
    assert grantable(Role.DEVELOPER, is_sandbox=True) == frozenset(Scope)
    assert grantable(Role.OWNER, is_sandbox=False) == frozenset(Scope) - OF_SANDBOX


def test_the_page_shows_a_new_key_once(merchant: Merchant):
    client = signed_in(MemberFactory.create(merchant=merchant).user)
    at = f"/m/{merchant.key}/developers/keys/"
    answer = client.post(at, {"name": "web shop", "scopes": ["orders:write"], "lasts": "30"})
    row = ApiKey.objects.get()
    shown = answer.content.decode()
    text = shown[shown.index("kw_live_") :]
    assert api_keys.caller(text[: text.index("<")]).key_id == row.id
    assert answer.headers["Cache-Control"] == "no-store"
    assert text[:44] not in client.get(at).content.decode()


def test_a_developer_cannot_roll_a_live_key_that_may_refund(merchant: Merchant):
    row, _ = made(merchant)
    client = signed_in(MemberFactory.create(merchant=merchant, role=Role.DEVELOPER).user)
    answer = client.post(f"/m/{merchant.key}/developers/keys/{row.key}/roll/", {"overlap": "1"})
    assert answer.status_code == 403
    assert ApiKey.objects.count() == 1
