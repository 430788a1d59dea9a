"""Entitlements: opened, granted for each paid period, switched off and on, and taken back.

All write, in the caller's transaction, set by set; `entitlement_checks` says how one stands. The caller holds
the subscription's lock, or opens it in the same transaction; entitlements are locked after invoices and
before ledger accounts, by ascending id. `ends_at` is kept by the database from the grants.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import orjson
from django.db import transaction

import audit
import outbox
from kernel import clock, ids
from kernel.actors import Actor
from kernel.books import Book
from kernel.errors import NotFound
from prepared import Statement

from .. import events
from ..errors import ReasonMissing
from ..models import Entitlement
from ..models.entitlement import KEY_LENGTH
from ..states import GrantKind

_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"  # 57 signs: 22 of them are 128 bits


@dataclass(frozen=True, slots=True)
class Opening:
    """An entitlement to be opened, empty. `starts_at` is on the merchant's clock."""

    merchant_id: UUID
    book: Book
    store_id: UUID
    product_id: UUID
    contact_key: bytes
    buyer_key: bytes
    quantity: int
    starts_at: datetime
    subscription_id: UUID | None = None
    id: UUID = field(default_factory=ids.new)


@dataclass(frozen=True, slots=True)
class Grant:
    """A time to be granted. `invoice_id` is None only for what somebody grants by hand."""

    entitlement_id: UUID
    invoice_id: UUID | None
    kind: GrantKind
    starts_at: datetime
    ends_at: datetime


_OPEN = Statement(
    """
    INSERT INTO merchants_entitlement (id, merchant_id, book, store_id, product_id, key, contact_key,
        buyer_key, subscription_id, quantity, starts_at, ends_at, reason, created_at)
    SELECT id, merchant_id, book, store_id, product_id, key, decode(contact_key, 'hex'),
        decode(buyer_key, 'hex'), subscription_id, quantity, starts_at, starts_at, '', now()
    FROM json_to_recordset($1::json) AS e (id uuid, merchant_id uuid, book text, store_id uuid,
        product_id uuid, key text, contact_key text, buyer_key text, subscription_id uuid, quantity integer,
        starts_at timestamptz)
    """
)
_GRANT = Statement(
    """
    INSERT INTO merchants_entitlementgrant
        (id, merchant_id, entitlement_id, invoice_id, kind, starts_at, ends_at, granted_at)
    SELECT g.id, e.merchant_id, e.id, g.invoice_id, g.kind, g.starts_at, g.ends_at, $2
    FROM json_to_recordset($1::json) AS g (id uuid, entitlement_id uuid, invoice_id uuid, kind text,
        starts_at timestamptz, ends_at timestamptz)
    JOIN merchants_entitlement e ON e.id = g.entitlement_id
    ORDER BY e.id, g.starts_at
    """
)
_LOCK = Statement(
    "SELECT FROM merchants_entitlement WHERE id = ANY($1::uuid[]) ORDER BY id FOR NO KEY UPDATE"
)
_TOLD = Statement(
    """
    SELECT id, merchant_id, book, product_id, subscription_id, quantity, starts_at, ends_at
    FROM merchants_entitlement WHERE id = ANY($1::uuid[]) ORDER BY id
    """
)
_OF_INVOICE = Statement(
    """
    SELECT entitlement_id FROM merchants_entitlementgrant WHERE invoice_id = $1 AND revoked_at IS NULL
    """
)
_REVOKE = Statement(
    """
    UPDATE merchants_entitlementgrant SET revoked_at = $3, revoked_from = greatest(starts_at, $2)
    WHERE invoice_id = $1 AND revoked_at IS NULL AND ends_at > $2
    """
)
_CUT = Statement(
    """
    UPDATE merchants_entitlementgrant SET revoked_at = $3, revoked_from = greatest(starts_at, $2)
    WHERE entitlement_id = ANY($1::uuid[]) AND revoked_at IS NULL AND ends_at > $2
    """
)
_GRACE = Statement(
    """
    UPDATE merchants_entitlement e SET grace_until = g.until
    FROM unnest($1::uuid[], $2::timestamptz[]) AS g (id, until)
    WHERE e.id = g.id AND e.revoked_at IS NULL
    """
)
_CLOSE = Statement(
    """
    UPDATE merchants_entitlement SET revoked_at = $2, grace_until = NULL, reason = $3
    WHERE id = ANY($1::uuid[]) AND revoked_at IS NULL
    """
)


def new_key() -> str:
    """A new key that nobody can guess, without signs that people mistake for one another."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(KEY_LENGTH))


def open_many(openings: Sequence[Opening]) -> None:
    """Open entitlements, empty: granting them is what says that they hold."""
    rows = [
        {
            "id": opening.id,
            "merchant_id": opening.merchant_id,
            "book": str(opening.book),
            "store_id": opening.store_id,
            "product_id": opening.product_id,
            "key": new_key(),
            "contact_key": bytes(opening.contact_key).hex(),
            "buyer_key": bytes(opening.buyer_key).hex(),
            "subscription_id": opening.subscription_id,
            "quantity": opening.quantity,
            "starts_at": opening.starts_at,
        }
        for opening in openings
    ]
    if rows:
        _OPEN.run(orjson.dumps(rows).decode())


def open(opening: Opening) -> UUID:
    """Open one. Gives its id."""
    open_many([opening])
    return opening.id


def grant_many(grants: Sequence[Grant], *, at: datetime) -> None:
    """Grant times, each once for its invoice; grace is over with it. `at`: when, on the merchants' clocks.

    The database refuses a second grant of an invoice, one that overlaps, and one of what was taken back.
    """
    if not grants:
        return
    rows = [
        {
            "id": ids.new(),
            "entitlement_id": grant.entitlement_id,
            "invoice_id": grant.invoice_id,
            "kind": str(grant.kind),
            "starts_at": grant.starts_at,
            "ends_at": grant.ends_at,
        }
        for grant in grants
    ]
    granted = _GRANT.run(orjson.dumps(rows).decode(), at)
    if granted != len(grants):
        raise NotFound(entitlement="?")
    _tell(events.ENTITLEMENT_GRANTED, [grant.entitlement_id for grant in grants])


def revoke(invoice_id: UUID, at: datetime) -> bool:
    """Take back what an invoice granted, from `at` on; what lies before it stays. False: nothing was left."""
    found = [entitlement_id for (entitlement_id,) in _OF_INVOICE.rows(invoice_id)]
    _LOCK.run(found)
    if not found or not _REVOKE.run(invoice_id, at, clock.now()):
        return False
    _tell(events.ENTITLEMENT_REVOKED, found)
    return True


def grace(until: Sequence[tuple[UUID, datetime | None]]) -> int:
    """Let entitlements stay on unpaid, each until its time; None ends that. Gives how many."""
    wanted = [entitlement_id for entitlement_id, _ in until]
    _LOCK.run(wanted)
    return _GRACE.run(wanted, [when for _, when in until])


def close(entitlement_ids: Sequence[UUID], *, at: datetime, reason: str) -> int:
    """Take entitlements back for good, from `at` on. Gives how many were not taken back before."""
    wanted = sorted(entitlement_ids)
    _LOCK.run(wanted)
    _CUT.run(wanted, at, clock.now())
    closed = _CLOSE.run(wanted, at, reason)
    _tell(events.ENTITLEMENT_REVOKED, wanted)
    return closed


def resize(entitlement_id: UUID, quantity: int) -> None:
    """It holds for so many from now on."""
    Entitlement.objects.filter(pk=entitlement_id).update(quantity=quantity)


def suspend(entitlement: Entitlement, *, actor: Actor, reason: str) -> Entitlement:
    """Switch it off without ending it: time goes on. Raises ReasonMissing."""
    if not reason.strip():
        raise ReasonMissing
    return _switch(entitlement, "entitlement.suspended", clock.now(entitlement.merchant), actor, reason)


def resume(entitlement: Entitlement, *, actor: Actor, reason: str = "") -> Entitlement:
    """Switch it on again, for what is left."""
    return _switch(entitlement, "entitlement.resumed", None, actor, reason)


def _switch(
    entitlement: Entitlement, action: str, suspended_at: datetime | None, actor: Actor, reason: str
) -> Entitlement:
    with transaction.atomic():
        row = Entitlement.objects.select_for_update(no_key=True, of=("self",)).get(pk=entitlement.pk)
        row.suspended_at, row.reason = suspended_at, reason.strip()[:200] if suspended_at else ""
        row.save(update_fields=["suspended_at", "reason"])
        audit.record(
            actor, action, ("entitlement", row.pk), merchant_id=row.merchant_id, reason=reason.strip()
        )
        topic = events.ENTITLEMENT_REVOKED if suspended_at else events.ENTITLEMENT_GRANTED
        _tell(topic, [row.pk])
    return row


def _tell(topic: str, entitlement_ids: Sequence[UUID]) -> None:
    told = [
        events.of_entitlement(topic, events.Standing(*row))
        for row in _TOLD.rows(sorted(set(entitlement_ids)))
    ]
    outbox.emit(told)
