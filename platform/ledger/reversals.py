"""Postings that take another one back."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from kernel.actors import Actor
from kernel.books import Book

from .legs import AccountKey, Leg, Posting
from .models import Entry, Transaction
from .purposes import OwnerKind, Purpose


def whole(
    transaction_id: UUID,
    *,
    reference: str,
    kind: str,
    occurred_at: datetime,
    actor: Actor,
    facts: Mapping[str, Any] | None = None,
) -> Posting:
    """The exact mirror of a transaction; each leg counts from when its original does, or as soon as it can.

    Nothing is written; the database refuses to post more reversals of a transaction than it is worth.
    """
    original = Transaction.objects.get(pk=transaction_id)
    entries = Entry.objects.filter(transaction_id=transaction_id).select_related("account").order_by("id")
    return Posting(
        reference=reference,
        kind=kind,
        subject=(original.subject_type, original.subject_id),
        legs=[Leg(_key(entry), -entry.amount, entry.available_at) for entry in entries],
        occurred_at=occurred_at,
        actor=actor,
        book=Book(original.book),
        facts=facts or {},
        reverses=transaction_id,
    )


def named(reference: str) -> UUID:
    """The transaction that was posted under this reference, for whoever takes a part of it back."""
    return Transaction.objects.values_list("pk", flat=True).get(reference=reference)


def _key(entry: Entry) -> AccountKey:
    account = entry.account
    return AccountKey(
        OwnerKind(account.owner_kind),
        account.owner_id,
        Purpose(account.purpose),
        account.currency,
        Book(account.book),
        account.store_id,
    )
