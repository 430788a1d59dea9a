"""Events, as they were written."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from kernel import ids


class Event(models.Model):
    """One thing that happened to one object. Never rewritten: the same id is the same bytes for ever.

    `created_at` is the database's clock at the moment of writing. The column `xid` tells the relay which
    transactions can still commit. `payload` holds ids and figures.
    """

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    topic = models.CharField(_("topic"), max_length=64)
    subject_kind = models.CharField(_("subject"), max_length=32)
    subject_id = models.UUIDField(_("subject's id"))
    merchant_id = models.UUIDField(_("merchant"), null=True)
    book = models.CharField(_("book"), max_length=8)
    payload = models.JSONField(_("payload"))
    created_at = models.DateTimeField(_("written"), db_default=models.Func(function="clock_timestamp"))

    class Meta:
        verbose_name, verbose_name_plural = _("event"), _("events")
        db_table = "outbox_event"

    def __str__(self) -> str:
        return self.topic
