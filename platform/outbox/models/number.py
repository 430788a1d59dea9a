"""The order of events, given after their commit."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class Number(models.Model):
    """The place of an event among all (`number`) and among those of its subject (`version`), without gaps.

    Written by the relay only. Topic and subject are repeated here to keep their indexes out of the sale.
    """

    number = models.BigIntegerField(_("number"), primary_key=True)
    event_id = models.UUIDField(_("event"), unique=True)
    topic = models.CharField(_("topic"), max_length=64)
    subject_id = models.UUIDField(_("subject's id"))
    version = models.PositiveIntegerField(_("version"))

    class Meta:
        verbose_name, verbose_name_plural = _("number of an event"), _("numbers of events")
        db_table = "outbox_number"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["subject_id", "version"], name="outbox_number_version"),
        ]

    def __str__(self) -> str:
        return str(self.number)
