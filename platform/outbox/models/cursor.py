"""How far each subscriber has come."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Cursor(models.Model):
    """Every event up to `number` is handled by the subscriber, parked for it, or none of its topics."""

    subscriber = models.CharField(_("subscriber"), max_length=64, primary_key=True)
    number = models.BigIntegerField(_("number"))

    class Meta:
        verbose_name, verbose_name_plural = _("cursor"), _("cursors")
        db_table = "outbox_cursor"

    def __str__(self) -> str:
        return f"{self.subscriber} at {self.number}"
