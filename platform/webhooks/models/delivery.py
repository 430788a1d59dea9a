"""One event for one endpoint, the lane it waits in, and each time it was tried."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from kernel import ids

from ..states import DeliveryState
from .endpoint import Endpoint


class Delivery(models.Model):
    """An event on its way to an endpoint. Its id is made of both, so an event comes to an endpoint once.

    `attempts` counts those of this round: sending again by hand (`resent_at`) begins a new one. `status` and
    `error` are of the last attempt. `first_at` is the first attempt of the round.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    endpoint = models.ForeignKey(Endpoint, on_delete=models.PROTECT, related_name="+", db_index=False)
    event_id = models.UUIDField()
    number = models.BigIntegerField()
    topic = models.CharField(max_length=64)
    subject_kind = models.CharField(max_length=32)
    subject_id = models.UUIDField()
    state = models.CharField(
        max_length=9, choices=[(s.value, s.value) for s in DeliveryState], default=DeliveryState.PENDING
    )
    attempts = models.PositiveSmallIntegerField(default=0)
    status = models.PositiveSmallIntegerField(null=True)
    error = models.CharField(max_length=40, blank=True)
    created_at = models.DateTimeField()
    first_at = models.DateTimeField(null=True)
    resent_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "webhooks_delivery"
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=Q(state="pending", ended_at=None)
                | Q(state__in=["delivered", "dead"], ended_at__isnull=False),
                name="webhooks_delivery_state",
            ),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(
                fields=["endpoint", "subject_id", "number"],
                name="webhooks_delivery_lane",
                condition=Q(state="pending"),
            ),
            models.Index(
                fields=["endpoint", "number"], name="webhooks_delivery_dead", condition=Q(state="dead")
            ),
            models.Index(fields=["endpoint", "number"], name="webhooks_delivery_log"),
        ]

    def __str__(self) -> str:
        return self.topic

    @property
    def key(self) -> str:
        """The delivery's name: `whd_…`."""
        return ids.encode("whd", self.id)

    @property
    def event_key(self) -> str:
        """The event's name: `evt_…`."""
        return ids.encode("evt", self.event_id)


class Lane(models.Model):
    """The events of one object on their way to one endpoint: one after another, and beside all others.

    It is there while something waits in it. `claimed_until`: a sender is at it; when it dies, the lane is
    due again at that time.
    """

    id = models.BigAutoField(primary_key=True)
    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="+", db_index=False)
    subject_id = models.UUIDField()
    next_try_at = models.DateTimeField()
    claimed_until = models.DateTimeField(null=True)

    class Meta:
        db_table = "webhooks_lane"
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["endpoint", "subject_id"], name="webhooks_lane_once"),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["endpoint", "next_try_at"], name="webhooks_lane_due"),
            models.Index(
                fields=["endpoint"], name="webhooks_lane_claimed", condition=Q(claimed_until__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.endpoint_id} {self.subject_id}"


class Attempt(models.Model):
    """One request: when, how long, what came back. `digest` is of the bytes that were sent.

    `excerpt` is the beginning of the answer, redacted. No foreign key: attempts are kept for a while.
    """

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    delivery_id = models.UUIDField(db_index=True)
    event_id = models.UUIDField()
    ordinal = models.PositiveSmallIntegerField()
    started_at = models.DateTimeField()
    duration_ms = models.PositiveIntegerField()
    status = models.PositiveSmallIntegerField(null=True)
    error = models.CharField(max_length=40, blank=True)
    excerpt = models.CharField(max_length=1000, blank=True)
    digest = models.BinaryField()

    class Meta:
        db_table = "webhooks_attempt"

    def __str__(self) -> str:
        return f"{self.ordinal}: {self.status or self.error}"
