"""API keys: making, rolling with an overlap, revoking, and knowing the caller by one."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext

import audit
from kernel import clock
from kernel.actors import Actor, ActorKind
from kernel.books import Book
from kernel.errors import Invalid, said
from kernel.machine import IllegalMove
from prepared import Statement
from web.api.caller import Caller
from web.api.errors import KeyExpired, KeyUnknown

from .. import key_texts
from ..models import ApiKey, Merchant
from ..scopes import Scope
from .checked import checked

KEYS_MOST = 50
"""Keys of one merchant that work at the same time."""

OVERLAPS = (timedelta(), timedelta(hours=1), timedelta(days=1), timedelta(days=7))
"""How long an old key may go on working once it is rolled."""

USED_EVERY = timedelta(minutes=10)
"""How old the time of last use may be before it is written again."""

_KNOW = Statement("""
    SELECT k.id, k.merchant_id, k.book, k.scopes, m.clock_ahead, k.expires_at, k.revoked_at, k.last_used_at
    FROM merchants_apikey k JOIN merchants_merchant m ON m.id = k.merchant_id
    WHERE k.digest = $1::bytea
""")
_USED = Statement("""
    UPDATE merchants_apikey SET last_used_at = $2::timestamptz
    WHERE id = $1::uuid AND (last_used_at IS NULL OR last_used_at < $3::timestamptz)
""")


def create(
    merchant: Merchant,
    name: str,
    scopes: Collection[Scope],
    *,
    actor: Actor,
    expires_at: datetime | None = None,
    replaces: ApiKey | None = None,
) -> tuple[ApiKey, str]:
    """A new key, and its text, which is shown now and never again. Raises Invalid."""
    text = key_texts.new(Book(merchant.book))
    row = ApiKey(
        merchant=merchant,
        book=merchant.book,
        name=name.strip(),
        digest=key_texts.digest(text),
        hint=key_texts.hint(text),
        scopes=[str(scope) for scope in Scope if scope in scopes],
        created_by_id=actor.id if actor.kind is ActorKind.MEMBER else None,
        expires_at=expires_at,
        replaces=replaces,
    )
    if not row.scopes:
        raise Invalid(errors={"scopes": [said("Choose what the key may do.")]})
    if expires_at is not None and expires_at <= clock.now():
        raise Invalid(errors={"expires_at": [said("Choose a time that is to come.")]})
    with transaction.atomic():
        # One key at a time for a merchant: two at once could both be the last allowed.
        Merchant.objects.select_for_update(no_key=True).get(pk=merchant.pk)
        if usable(merchant).count() >= KEYS_MOST:
            raise Invalid(errors={"name": [said("There are too many keys. Revoke one that is not used.")]})
        checked(row).save(force_insert=True)
        facts = {"scopes": row.scopes, "replaces": replaces.key if replaces else None}
        _record(actor, "api_key.created", row, facts)
    return row, text


def roll(old: ApiKey, *, overlap: timedelta, actor: Actor) -> tuple[ApiKey, str]:
    """A key with the same name and scopes; the old one works for `overlap` more. Raises IllegalMove."""
    with transaction.atomic():
        old = _locked(old)
        until = clock.now() + overlap
        if old.expires_at is None or until < old.expires_at:
            old.expires_at = until
            old.save(update_fields=["expires_at"])
        merchant = Merchant.objects.get(pk=old.merchant_id)
        scopes = {Scope(scope) for scope in old.scopes}
        made = create(merchant, old.name, scopes, actor=actor, replaces=old)
        _record(actor, "api_key.rolled", old, {"until": until.isoformat(), "by": made[0].key})
    return made


def revoke(row: ApiKey, *, actor: Actor, reason: str = "") -> ApiKey:
    """End a key at once. Raises IllegalMove for one that has ended."""
    with transaction.atomic():
        row = _locked(row)
        row.revoked_at = clock.now()
        row.save(update_fields=["revoked_at"])
        _record(actor, "api_key.revoked", row, {}, reason=reason)
    return row


def usable(merchant: Merchant) -> QuerySet[ApiKey]:
    """The merchant's keys that open something now, the newest first."""
    now = clock.now()
    return (
        ApiKey.objects.filter(merchant=merchant, revoked_at=None)
        .exclude(expires_at__lte=now)
        .order_by("-created_at")
    )


def caller(text: str) -> Caller:
    """Who bears this key, by one indexed statement. Raises KeyUnknown, KeyExpired.

    A text that cannot be a key costs no look-up. What is looked up is a digest, so how long that takes tells
    nothing about any key.
    """
    if not key_texts.is_whole(text):
        raise KeyUnknown
    rows = _KNOW.rows(key_texts.digest(text))
    if not rows:
        raise KeyUnknown
    key_id, merchant_id, book, scopes, clock_ahead, expires_at, revoked_at, last_used_at = rows[0]
    now = clock.now()
    if revoked_at is not None:
        raise KeyUnknown
    if expires_at is not None and expires_at <= now:
        raise KeyExpired
    if last_used_at is None or last_used_at < now - USED_EVERY:
        _USED.run(key_id, now, now - USED_EVERY)
    return Caller(key_id, merchant_id, Book(book), frozenset(scopes), clock_ahead)


def _locked(row: ApiKey) -> ApiKey:
    found = ApiKey.objects.select_for_update(no_key=True).get(pk=row.pk)
    if not found.is_usable(clock.now()):
        raise IllegalMove(source=gettext("revoked"), target="")
    return found


def _record(actor: Actor, action: str, row: ApiKey, facts: Mapping[str, object], *, reason: str = "") -> None:
    audit.record(actor, action, ("api_key", row.id), merchant_id=row.merchant_id, reason=reason, facts=facts)
