"""Block and allow lists: entries are fingerprints, added and removed with a reason in the audit trail."""

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

import audit
from kernel import clock
from kernel.actors import Actor
from kernel.books import Book
from kernel.errors import said

from .. import rules, values
from ..errors import BadRule, ReasonMissing
from ..models import ListEntry
from ..states import Disposition, Kind


def add(
    kind: Kind,
    value: str,
    disposition: Disposition,
    *,
    book: Book,
    actor: Actor,
    reason: str,
    merchant_id: UUID | None = None,
    expires_at: datetime | None = None,
) -> ListEntry:
    """Refuse or exempt a value; without a merchant, in the whole book. Raises BadRule.

    The value itself is not kept: who looks at the list sees a hint, who adds it again is told.
    """
    plain = values.plain(kind, value)
    return put(
        kind,
        values.fingerprint(kind, plain, book=book),
        disposition,
        hint=values.hint(kind, plain),
        book=book,
        actor=actor,
        reason=reason,
        merchant_id=merchant_id,
        expires_at=expires_at,
    )


def put(
    kind: Kind,
    key: UUID,
    disposition: Disposition,
    *,
    hint: str,
    book: Book,
    actor: Actor,
    reason: str,
    merchant_id: UUID | None = None,
    expires_at: datetime | None = None,
) -> ListEntry:
    """The same for a value that is known by its fingerprint, from a stored decision. Raises BadRule."""
    if not reason.strip():
        raise ReasonMissing
    if expires_at is not None and expires_at <= clock.now():
        raise BadRule(why=said("it would have ended already"))
    try:
        with transaction.atomic():
            entry = ListEntry.objects.create(
                book=book,
                merchant_id=merchant_id,
                kind=kind,
                key=key,
                hint=hint,
                disposition=disposition,
                reason=reason,
                expires_at=expires_at,
            )
            _keep(entry, "risk.entry_added", actor, reason)
    except IntegrityError as error:
        raise BadRule(why=said("this value is on the list already")) from error
    return entry


def remove(entry: ListEntry, *, actor: Actor, reason: str) -> None:
    """Take a value off the list; the audit trail keeps that it was there."""
    if not reason.strip():
        raise ReasonMissing
    with transaction.atomic():
        _keep(entry, "risk.entry_removed", actor, reason)
        entry.delete()


def _keep(entry: ListEntry, action: str, actor: Actor, reason: str) -> None:
    facts = {
        "kind": entry.kind,
        "fingerprint": str(entry.key),
        "disposition": entry.disposition,
        "book": entry.book,
        "until": entry.expires_at.isoformat() if entry.expires_at else "",
    }
    audit.record(
        actor, action, ("risk_entry", entry.pk), merchant_id=entry.merchant_id, reason=reason, facts=facts
    )
    transaction.on_commit(rules.forget)
