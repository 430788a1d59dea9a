"""Closes: the end of a period of one account, and what it held then."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q

from .account import Account


class Close(models.Model):
    """Covers what counts after `previous` and up to `upto`; closes form a chain without gap or overlap.

    `balance` is everything up to `upto`, signed as entries are; the database computes it.
    """

    pk = models.CompositePrimaryKey("account_id", "upto")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="closes", db_index=False)
    upto = models.DateTimeField()
    previous = models.DateTimeField(null=True)  # with the account: the close before this one
    balance = models.BigIntegerField()
    closed_at = models.DateTimeField(editable=False)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["account", "previous"], nulls_distinct=False, name="ledger_close_previous_once"
            ),
            models.CheckConstraint(
                condition=Q(previous__isnull=True) | Q(previous__lt=F("upto")), name="ledger_close_forward"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.upto.isoformat()}"
