"""Mails that have no server to go to."""

from typing import Any, ClassVar

from django.db import models

from kernel import ids


class Mail(models.Model):
    """A mail as Keyway wrote it, for the mailbox page."""

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    sender = models.CharField(max_length=320)
    recipients = models.JSONField()
    subject = models.CharField(max_length=998)
    text = models.TextField(blank=True)
    html = models.TextField(blank=True)
    sent_at = models.DateTimeField()

    class Meta:
        db_table = '"sandbox"."mail"'
        ordering: ClassVar[list[Any]] = ["-id"]

    def __str__(self) -> str:
        return self.subject
