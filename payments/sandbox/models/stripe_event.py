"""What Stripe tells: events, and each on its way to an endpoint."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from kernel import ids

from .stripe import StripeAccount, StripeSession


class StripeEvent(models.Model):
    """What happened. `body` is the text as it is sent, to the letter: signatures are made over it."""

    id = models.CharField(primary_key=True, max_length=40)
    account = models.ForeignKey(StripeAccount, on_delete=models.CASCADE, related_name="events")
    session = models.ForeignKey(StripeSession, on_delete=models.CASCADE, related_name="events")
    type = models.CharField(max_length=60)
    body = models.TextField()
    created_at = models.DateTimeField()

    class Meta:
        db_table = '"sandbox"."stripe_event"'
        ordering: ClassVar[list[str]] = ["-created_at", "-id"]

    def __str__(self) -> str:
        return f"{self.type} {self.id}"


class StripeDelivery(models.Model):
    """An event on its way to an endpoint. `due_at` as in Alipay's notices; `log` is each time it was sent."""

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    event = models.ForeignKey(StripeEvent, on_delete=models.CASCADE, related_name="deliveries")
    url = models.CharField(max_length=256)
    forged = models.BooleanField(default=False, help_text="Whether it is signed with a stranger's secret.")
    sends = models.PositiveSmallIntegerField(default=0)
    log = models.JSONField(default=list)
    due_at = models.DateTimeField(null=True)
    accepted_at = models.DateTimeField(null=True)

    class Meta:
        db_table = '"sandbox"."stripe_delivery"'
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["due_at"], name="stripe_delivery_due", condition=Q(due_at__isnull=False))
        ]

    def __str__(self) -> str:
        return f"{self.event_id} ×{self.sends}"
