"""Events as the world hears of them."""

from typing import Any, ClassVar

from django.db import models

from kernel import ids
from kernel.books import Book


class PublicEvent(models.Model):
    """A public event with the bytes that every attempt sends: fewer than 20,000, and never rewritten.

    `number` and `version` are the outbox's: the place among all events, and among those of the object,
    public or not. `place` is that among the merchant's public events, in the order in which they came to be
    seen: one that was held up comes behind what was seen before it, so that nobody who follows misses it.
    No foreign key points here: events are kept for a while, and then dropped.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    merchant_id = models.UUIDField()
    book = models.CharField(max_length=8, choices=[(b.value, b.value) for b in Book])
    number = models.BigIntegerField()
    place = models.BigIntegerField()
    version = models.PositiveIntegerField()
    topic = models.CharField(max_length=64)
    subject_kind = models.CharField(max_length=32)
    subject_id = models.UUIDField()
    body = models.TextField()
    occurred_at = models.DateTimeField()

    class Meta:
        db_table = "webhooks_event"
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["merchant_id", "place"], name="webhooks_event_place"),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["subject_id", "number"], name="webhooks_event_subject"),
        ]

    def __str__(self) -> str:
        return self.topic

    @property
    def key(self) -> str:
        """The event's name: `evt_…`."""
        return ids.encode("evt", self.id)


class Place(models.Model):
    """The last place that was given among a merchant's public events.

    Its row is held from the giving to the commit: places are seen in their order, whoever gives them. It
    outlives the events, so that no place is given twice.
    """

    merchant_id = models.UUIDField(primary_key=True)
    last = models.BigIntegerField()

    class Meta:
        db_table = "webhooks_place"

    def __str__(self) -> str:
        return f"{self.merchant_id} at {self.last}"
