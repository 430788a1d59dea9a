"""The log of monthly recurring revenue."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from kernel import ids
from kernel.books import Book
from merchants.models import Merchant
from payments.models.doors import choices

from ..states import RecurringKind
from .subscription import Subscription


class RecurringChange(models.Model):
    """One step of a subscription's monthly value, in minor units with six decimals. Only ever added to."""

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    subscription = models.ForeignKey(
        Subscription, on_delete=models.PROTECT, related_name="recurring_changes", db_constraint=False
    )
    merchant = models.ForeignKey(
        Merchant, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    book = models.CharField(max_length=8, choices=choices(Book))
    currency = models.CharField(max_length=5)
    at = models.DateTimeField()
    kind = models.CharField(max_length=12, choices=choices(RecurringKind))
    before = models.DecimalField(max_digits=20, decimal_places=6)
    after = models.DecimalField(max_digits=20, decimal_places=6)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(condition=Q(book__in=list(Book)), name="recurring_book"),
            models.CheckConstraint(
                condition=Q(kind=RecurringKind.NEW, before=0, after__gt=0)
                | Q(kind=RecurringKind.REACTIVATION, before=0, after__gt=0)
                | Q(kind=RecurringKind.EXPANSION, before__gt=0, after__gt=models.F("before"))
                | Q(kind=RecurringKind.CONTRACTION, after__gt=0, after__lt=models.F("before"))
                | Q(kind=RecurringKind.CHURN, before__gt=0, after=0),
                name="recurring_kind",
            ),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["merchant", "at"], name="recurring_of_merchant"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.before} → {self.after}"
