"""Transactions: what happened, once."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from kernel import ids
from kernel.actors import ActorKind
from kernel.books import Book

from ..fields import XidField


class Transaction(models.Model):
    """Sealed by the database transaction that wrote it: `xid`, `posted_at` are stamped, its legs must match.

    `occurred_at` is when it happened on the clock of the merchant concerned; `posted_at` is the server's
    time.
    """

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    reference = models.CharField(max_length=160)
    kind = models.CharField(max_length=40)
    subject_type = models.CharField(max_length=24)
    subject_id = models.UUIDField()
    reverses = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="reversals", db_index=False
    )
    occurred_at = models.DateTimeField()
    actor_kind = models.CharField(max_length=12, choices=[(kind, kind) for kind in ActorKind])
    actor_id = models.UUIDField(null=True, blank=True)
    book = models.CharField(max_length=8, choices=[(book, book) for book in Book])
    facts = models.JSONField(default=dict)
    xid = XidField(editable=False)
    posted_at = models.DateTimeField(editable=False)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["reference"], name="ledger_transaction_reference"),
            models.CheckConstraint(condition=~Q(reference="") & ~Q(kind=""), name="ledger_transaction_named"),
            models.CheckConstraint(
                condition=Q(book__in=[str(book) for book in Book]), name="ledger_transaction_book"
            ),
            models.CheckConstraint(
                condition=Q(actor_kind__in=[str(kind) for kind in ActorKind]), name="ledger_transaction_actor"
            ),
            models.CheckConstraint(
                condition=Q(reverses__isnull=True) | ~Q(reverses=models.F("id")),
                name="ledger_transaction_not_itself",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["subject_id"], name="ledger_transaction_subject"),
            models.Index(fields=["xid", "id"], name="ledger_transaction_xid"),
            models.Index(
                fields=["reverses"], condition=Q(reverses__isnull=False), name="ledger_transaction_reverses"
            ),
        ]

    def __str__(self) -> str:
        return self.reference
