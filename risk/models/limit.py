"""Velocity limits, as rows that operators edit."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kernel import ids
from kernel.books import Book

from ..states import Dimension, Outcome

LONGEST_SECONDS = 7 * 86_400


class Limit(models.Model):
    """At most `most` orders by one `dimension` in `seconds`. Without a merchant it counts the whole book."""

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
    dimension = models.CharField(
        _("counted by"), max_length=8, choices=[(d.value, d.value) for d in Dimension]
    )
    seconds = models.PositiveIntegerField(_("window (seconds)"))
    most = models.PositiveIntegerField(_("orders at most"))
    outcome = models.CharField(_("outcome"), max_length=8, choices=[(o.value, o.value) for o in Outcome])
    is_active = models.BooleanField(_("active"), default=True)
    changed_at = models.DateTimeField(_("changed at"), auto_now=True)

    class Meta:
        db_table = "risk_limit"
        verbose_name, verbose_name_plural = _("velocity limit"), _("velocity limits")
        ordering: ClassVar[list[str]] = ["book", "dimension", "seconds"]
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(condition=Q(book__in=list(Book)), name="risk_limit_book"),
            models.CheckConstraint(condition=Q(dimension__in=list(Dimension)), name="risk_limit_dimension"),
            models.CheckConstraint(
                condition=Q(seconds__gte=1, seconds__lte=LONGEST_SECONDS), name="risk_limit_window"
            ),
            # Counting stops at the limit, so the limit bounds the work of a sale.
            models.CheckConstraint(condition=Q(most__lte=10_000), name="risk_limit_most"),
            models.CheckConstraint(
                condition=Q(outcome__in=[Outcome.REVIEW, Outcome.BLOCK]), name="risk_limit_outcome"
            ),
            models.UniqueConstraint(
                fields=["book", "merchant", "dimension", "seconds", "outcome"],
                nulls_distinct=False,
                name="risk_limit_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.dimension}: {self.most} / {self.seconds} s"
