"""Block and allow lists: fingerprints with a hint, never the value itself."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kernel import ids
from kernel.books import Book

from ..states import Disposition, Kind


class ListEntry(models.Model):
    """One value that is refused or exempted, for a merchant or for the whole book, until it expires."""

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    book = models.CharField(_("book"), max_length=8, choices=[(b.value, b.value) for b in Book])
    merchant = models.ForeignKey(
        "merchants.Merchant",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("merchant"),
    )
    kind = models.CharField(_("kind"), max_length=12, choices=[(k.value, k.value) for k in Kind])
    key = models.UUIDField(_("fingerprint"), editable=False)
    hint = models.CharField(_("value"), max_length=120, editable=False)
    disposition = models.CharField(
        _("effect"), max_length=8, choices=[(d.value, d.value) for d in Disposition]
    )
    reason = models.TextField(_("reason"))
    expires_at = models.DateTimeField(_("until"), null=True, blank=True)
    created_at = models.DateTimeField(_("since"), auto_now_add=True)

    class Meta:
        db_table = "risk_list_entry"
        verbose_name, verbose_name_plural = _("list entry"), _("block and allow lists")
        ordering: ClassVar[list[str]] = ["-id"]
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(condition=Q(book__in=list(Book)), name="risk_entry_book"),
            models.CheckConstraint(condition=Q(kind__in=list(Kind)), name="risk_entry_kind"),
            models.CheckConstraint(
                condition=Q(disposition__in=list(Disposition)), name="risk_entry_disposition"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="risk_entry_has_reason"),
            # The fingerprint comes first: the look-up of a sale goes by it alone.
            models.UniqueConstraint(
                fields=["key", "book", "merchant"], nulls_distinct=False, name="risk_entry_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.hint}"
