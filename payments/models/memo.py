"""What a merchant's program wants to find again with an order that it placed."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from .order import Order


class Memo(models.Model):
    """The caller's own words beside an order; nothing of the sale depends on them. Never a buyer's data."""

    order = models.OneToOneField(Order, on_delete=models.PROTECT, primary_key=True, related_name="memo")
    api_key_id = models.UUIDField()
    reference = models.CharField(max_length=64, blank=True)
    metadata = models.JSONField(default=dict)
    return_url = models.CharField(max_length=500, blank=True)

    class Meta:
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["reference"], condition=~Q(reference=""), name="memo_reference"),
        ]

    def __str__(self) -> str:
        return self.reference
