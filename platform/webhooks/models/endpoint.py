"""Endpoints, and the secrets that sign what is sent to them."""

from typing import Any, ClassVar
from urllib.parse import urlsplit

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from kernel import ids
from kernel.books import Book

from ..bodies import API_VERSION
from ..states import EndpointState, OffReason

ENDPOINTS_MOST = 16
FILTERS_MOST = 40


class Endpoint(models.Model):
    """A merchant's server that wants to hear. It belongs to one book, as its merchant does.

    `slot` is what keeps their number down: one of 1…16, and none once removed. `topics` are filters:
    `order.paid`, `order.*`, `*`. It hears of events numbered after `since_number`; `filters_since` is where
    its present filters begin to hold, for the auditor. `failing_since`: the first failure after the last
    success. `held_until`: it asked to be left alone (`Retry-After`). Until it has answered quickly once it
    counts as slow, and slow ones share a part of the senders.
    """

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    merchant_id = models.UUIDField()
    book = models.CharField(max_length=8, choices=[(b.value, b.value) for b in Book])
    slot = models.PositiveSmallIntegerField(null=True)
    url = models.CharField(max_length=2000)
    description = models.CharField(max_length=120, blank=True)
    topics = ArrayField(models.CharField(max_length=64))
    api_version = models.CharField(max_length=10, default=API_VERSION)
    state = models.CharField(
        max_length=8, choices=[(s.value, s.value) for s in EndpointState], default=EndpointState.ENABLED
    )
    off_reason = models.CharField(max_length=8, choices=[(r.value, r.value) for r in OffReason], blank=True)
    off_note = models.CharField(max_length=500, blank=True)
    off_at = models.DateTimeField(null=True)
    since_number = models.BigIntegerField()
    filters_since = models.BigIntegerField()
    failing_since = models.DateTimeField(null=True)
    warned_at = models.DateTimeField(null=True)
    accepted_at = models.DateTimeField(null=True)
    held_until = models.DateTimeField(null=True)
    is_slow = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "webhooks_endpoint"
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["merchant_id", "slot"], name="webhooks_endpoint_slot"),
            models.CheckConstraint(
                condition=Q(
                    slot__isnull=False, slot__range=(1, ENDPOINTS_MOST), state__in=["enabled", "disabled"]
                )
                | Q(slot__isnull=True, state="removed"),
                name="webhooks_endpoint_most",
            ),
            models.CheckConstraint(condition=Q(book__in=list(Book)), name="webhooks_endpoint_book"),
            models.CheckConstraint(
                condition=Q(off_reason="", off_at=None, state="enabled")
                | Q(off_reason__in=list(OffReason), off_at__isnull=False, state="disabled")
                | Q(state="removed"),
                name="webhooks_endpoint_off",
            ),
            models.CheckConstraint(
                condition=Q(topics__len__range=(1, FILTERS_MOST)), name="webhooks_endpoint_topics"
            ),
            models.CheckConstraint(
                condition=Q(since_number__lte=models.F("filters_since")), name="webhooks_endpoint_since"
            ),
        ]

    def __str__(self) -> str:
        return self.host

    @property
    def key(self) -> str:
        """The endpoint's name in addresses: `whe_…`."""
        return ids.encode("whe", self.id)

    @property
    def host(self) -> str:
        """Where it is, without what may be a secret of the receiver."""
        return urlsplit(self.url).netloc

    @property
    def is_enabled(self) -> bool:
        """Whether it is sent anything."""
        return self.state == EndpointState.ENABLED


class SecretPlace(models.TextChoices):
    """`FORMER` signs beside `CURRENT` until it expires."""

    CURRENT = "current"
    FORMER = "former"


class Secret(models.Model):
    """A signing secret, sealed under the merchant's data key. An endpoint has two at most."""

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="secrets")
    place = models.CharField(max_length=8, choices=SecretPlace.choices)
    sealed = models.BinaryField()
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "webhooks_secret"
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["endpoint", "place"], name="webhooks_secret_place"),
            models.CheckConstraint(
                condition=Q(place="current", expires_at=None) | Q(place="former", expires_at__isnull=False),
                name="webhooks_secret_expires",
            ),
        ]

    def __str__(self) -> str:
        return self.place
