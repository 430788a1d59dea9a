"""A notification to a merchant's server, and each time it was sent."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from kernel import ids

from .trade import Trade


class Notice(models.Model):
    """What is said is fixed in `facts` when it happens; each send adds its time and its signature.

    `due_at` is when it is sent next, and none once it was answered with `success` or given up. While it is
    being sent, `due_at` lies a lease ahead, so that a notice whose sender died is sent again.
    """

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    trade = models.ForeignKey(Trade, on_delete=models.CASCADE, related_name="notices")
    notify_id = models.CharField(max_length=34)
    url = models.CharField(max_length=256)
    facts = models.JSONField()
    forged = models.BooleanField(default=False, help_text="Whether its signature is made with a foreign key.")
    sends = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True)
    accepted_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        db_table = '"sandbox"."alipay_notice"'
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["due_at"], name="alipay_notice_due", condition=Q(due_at__isnull=False))
        ]

    def __str__(self) -> str:
        return self.notify_id


class NoticeSend(models.Model):
    """One send: what came back, or why nothing did."""

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    notice = models.ForeignKey(Notice, on_delete=models.CASCADE, related_name="log")
    sent_at = models.DateTimeField()
    status = models.PositiveSmallIntegerField(
        null=True, help_text="The HTTP status; none when no answer came."
    )
    answer = models.CharField(max_length=200, blank=True)

    class Meta:
        db_table = '"sandbox"."alipay_notice_send"'
        ordering: ClassVar[list[Any]] = ["sent_at"]

    def __str__(self) -> str:
        return f"{self.notice_id} {self.status}"
