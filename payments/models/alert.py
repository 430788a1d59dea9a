"""Alerts: what a person has to look at. One open row a matter, counted, so that a flood stays one row."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from kernel import ids
from kernel.books import Book
from merchants.models import Merchant

from .doors import choices


class Alert(models.Model):
    """A matter about one thing. `facts` holds ids, figures and codes, never a secret."""

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    code = models.CharField(max_length=40)
    merchant = models.ForeignKey(
        Merchant, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    book = models.CharField(max_length=8, choices=choices(Book))
    subject_type = models.CharField(max_length=16)
    subject_id = models.UUIDField()
    facts = models.JSONField(default=dict)
    count = models.IntegerField(default=1)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["code", "subject_id"], condition=Q(resolved_at__isnull=True), name="alert_open_once"
            ),
            models.CheckConstraint(condition=Q(book__in=list(Book)), name="alert_book"),
            models.CheckConstraint(condition=Q(count__gte=1), name="alert_count"),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["book", "-last_at"], name="alert_latest"),
        ]

    def __str__(self) -> str:
        return f"{self.code} ×{self.count}"
