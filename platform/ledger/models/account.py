"""Accounts: one for each owner, purpose, currency and book."""

import secrets
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from kernel.books import Book

from ..fields import XidField
from ..purposes import DEBIT_NORMAL, OF_A_STORE, OwnerKind, Purpose


def draw_id() -> int:
    """A number that was never used before and never will be again.

    It is also the key of the account's advisory lock. Drawn at random, so that a process which remembers a
    number from before the database was restored can miss an account, but can never hit another's.
    """
    return secrets.randbits(63) or 1


def _one_of(field: str, values: Any) -> Q:
    return Q(**{f"{field}__in": sorted(str(value) for value in values)})


class Account(models.Model):
    """Never changes, never goes. `normal` is +1 where debits make the balance grow, else -1."""

    id = models.BigIntegerField(primary_key=True, default=draw_id, editable=False)
    owner_kind = models.CharField(max_length=16, choices=[(kind, kind) for kind in OwnerKind])
    owner_id = models.UUIDField(null=True, blank=True)
    store_id = models.UUIDField(null=True, blank=True)
    purpose = models.CharField(max_length=20, choices=[(purpose, purpose) for purpose in Purpose])
    currency = models.CharField(max_length=8)
    book = models.CharField(max_length=8, choices=[(book, book) for book in Book])
    normal = models.SmallIntegerField()
    xid = XidField(editable=False)  # stamped by the database: who made it may not have committed yet
    opened_at = models.DateTimeField(editable=False)  # stamped too

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["owner_kind", "owner_id", "purpose", "currency", "book", "store_id"],
                nulls_distinct=False,
                name="ledger_account_key",
            ),
            models.UniqueConstraint(
                fields=["id", "currency", "book"], name="ledger_account_id_currency_book"
            ),
            models.CheckConstraint(
                condition=_one_of("owner_kind", OwnerKind), name="ledger_account_owner_kind"
            ),
            models.CheckConstraint(condition=_one_of("purpose", Purpose), name="ledger_account_purpose"),
            models.CheckConstraint(condition=_one_of("book", Book), name="ledger_account_book"),
            models.CheckConstraint(
                condition=Q(owner_kind=OwnerKind.PLATFORM, owner_id__isnull=True)
                | (~Q(owner_kind=OwnerKind.PLATFORM) & Q(owner_id__isnull=False)),
                name="ledger_account_owner",
            ),
            models.CheckConstraint(
                condition=(_one_of("purpose", DEBIT_NORMAL) & Q(normal=1))
                | (~_one_of("purpose", DEBIT_NORMAL) & Q(normal=-1)),
                name="ledger_account_normal",
            ),
            models.CheckConstraint(
                condition=(_one_of("purpose", OF_A_STORE) & Q(store_id__isnull=False))
                | (~_one_of("purpose", OF_A_STORE) & Q(store_id__isnull=True)),
                name="ledger_account_store",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.owner_kind}:{self.owner_id or '-'}:{self.purpose}:{self.currency}:{self.book}"
