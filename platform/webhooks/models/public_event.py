"""Events as the world hears of them."""

from typing import Any, ClassVar

from django.db import models

from kernel import ids
from kernel.books import Book


class PublicEvent(models.Model):
    """A public event with the bytes that every attempt sends: fewer than 20,000, and never rewritten.

    `number` and `version` are the outbox's: the place among all events, and among those of the object.
    No foreign key points here: events are kept for a while, and then dropped.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    merchant_id = models.UUIDField()
    book = models.CharField(max_length=8, choices=[(b.value, b.value) for b in Book])
    number = models.BigIntegerField()
    version = models.PositiveIntegerField()
    topic = models.CharField(max_length=64)
    subject_kind = models.CharField(max_length=32)
    subject_id = models.UUIDField()
    body = models.TextField()
    occurred_at = models.DateTimeField()

    class Meta:
        db_table = "webhooks_event"
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["merchant_id", "number"], name="webhooks_event_log"),
            models.Index(fields=["subject_id", "number"], name="webhooks_event_subject"),
        ]

    def __str__(self) -> str:
        return self.topic

    @property
    def key(self) -> str:
        """The event's name: `evt_…`."""
        return ids.encode("evt", self.id)
