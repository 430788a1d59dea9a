"""The platform's own connections to banks, one in use for each book."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kernel import ids
from kernel.books import Book
from merchants.models.doors import choices


class RailAccount(models.Model):
    """`secrets` is sealed JSON of the platform's. Payouts keep the connection by which they were sent."""

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    book = models.CharField(_("book"), max_length=8, choices=choices(Book))
    rail = models.CharField(_("rail"), max_length=24)
    label = models.CharField(_("label"), max_length=80)
    gateway = models.URLField(_("gateway"), max_length=200)
    settings = models.JSONField(_("settings"), default=dict)  # public facts, such as the client's name
    secrets = models.BinaryField(editable=False)
    in_use = models.BooleanField(_("in use"), default=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("bank connection")
        verbose_name_plural = _("bank connections")
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["id", "book"], name="rail_account_id_book"),
            models.UniqueConstraint(
                fields=["book"], condition=Q(in_use=True), name="rail_account_in_use_once"
            ),
            models.CheckConstraint(condition=Q(book__in=list(Book)), name="rail_account_book"),
            models.CheckConstraint(condition=~Q(rail="") & ~Q(gateway=""), name="rail_account_named"),
        ]

    def __str__(self) -> str:
        return self.label
