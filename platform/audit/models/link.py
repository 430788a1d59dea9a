"""The chain behind the trail."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Link(models.Model):
    """The place of one audit row in the chain: its hash covers the row and the hash before it."""

    number = models.BigIntegerField(_("number"), primary_key=True)
    row_id = models.UUIDField(_("audit row"), unique=True)
    hash = models.BinaryField(_("hash"))

    class Meta:
        verbose_name, verbose_name_plural = _("link"), _("links")
        db_table = "audit_link"

    def __str__(self) -> str:
        return str(self.number)
