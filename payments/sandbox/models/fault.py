"""Faults that a test orders: what goes wrong on the wire, for which calls, how often."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from kernel import ids

from ..states import FaultKind


class Fault(models.Model):
    """Hits the next `left` calls, of `method` if one is named, whose order number begins with `prefix`."""

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    prefix = models.CharField(max_length=64, blank=True)
    method = models.CharField(max_length=64, blank=True)
    kind = models.CharField(max_length=10)
    works = models.BooleanField(default=True, help_text="Whether the call has its effect all the same.")
    seconds = models.FloatField(default=30, help_text="How long a time-out or a drip lasts.")
    left = models.PositiveIntegerField(default=1)

    class Meta:
        db_table = '"sandbox"."fault"'
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(condition=Q(kind__in=list(FaultKind)), name="fault_kind"),
            models.CheckConstraint(condition=Q(seconds__gte=0, seconds__lte=120), name="fault_seconds"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.method} {self.prefix}"
