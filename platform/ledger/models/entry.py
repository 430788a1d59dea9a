"""Entries: the legs of transactions."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from kernel import ids

from ..fields import XidField
from .account import Account
from .transaction import Transaction


class Entry(models.Model):
    """A signed amount in minor units: debit positive, credit negative; it counts from `available_at` on.

    The key is a UUIDv7 and nothing else is unique, so that the table can be partitioned by it one day.
    """

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    # The keys stand in SQL: checked at once and not at the commit, and the account's with its currency and
    # book.
    transaction = models.ForeignKey(
        Transaction, on_delete=models.PROTECT, related_name="entries", db_index=False, db_constraint=False
    )
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="entries", db_index=False, db_constraint=False
    )
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=8)
    book = models.CharField(max_length=8)
    available_at = models.DateTimeField()
    guarded = models.BooleanField(default=False)
    xid = XidField(editable=False)

    class Meta:
        verbose_name_plural = "entries"
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(condition=~Q(amount=0), name="ledger_entry_amount"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["transaction"], name="ledger_entry_transaction"),
            models.Index(
                fields=["account", "available_at", "id"], include=["amount"], name="ledger_entry_account_time"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"
