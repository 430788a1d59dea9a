"""Kept answers: what was answered under an idempotency key, so that asking again changes nothing."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q


class KeptAnswer(models.Model):
    """`id` is a digest of the merchant and its key, so the first to insert it is the one that executes.

    `request` is a digest of method, address and body. Until there is an answer the row belongs to whoever
    wrote `busy_until`; after that time anybody may take the request up, and services find what was done.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    merchant_id = models.UUIDField()
    request = models.BinaryField(max_length=32)
    created_at = models.DateTimeField()
    busy_until = models.DateTimeField()
    status = models.SmallIntegerField(null=True)
    content_type = models.CharField(max_length=40, blank=True)
    body = models.BinaryField(default=b"")  # sealed

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=Q(status__isnull=True, body=b"") | Q(status__gte=200, status__lte=599),
                name="kept_answer_whole",
            ),
        ]
        indexes: ClassVar[list[Any]] = [models.Index(fields=["created_at"], name="kept_answer_age")]

    def __str__(self) -> str:
        return f"{self.status or '…'}"
