"""Exchange rates as they were published: what one euro was worth on a day. Rows never change."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kernel import ids


class ExchangeRate(models.Model):
    """A reference rate of one day. For figures that are shown side by side; no money is moved by it."""

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    day = models.DateField(_("day"))
    currency = models.CharField(_("currency"), max_length=3)
    per_euro = models.DecimalField(_("one euro is"), max_digits=18, decimal_places=6)
    source = models.CharField(_("source"), max_length=20)
    created_at = models.DateTimeField(_("recorded at"), auto_now_add=True)

    class Meta:
        verbose_name = _("exchange rate")
        verbose_name_plural = _("exchange rates")
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["day", "currency", "source"], name="exchange_rate_once"),
            models.CheckConstraint(condition=Q(per_euro__gt=0), name="exchange_rate_positive"),
            models.CheckConstraint(condition=Q(currency__regex="^[A-Z]{3}$"), name="exchange_rate_currency"),
        ]

    def __str__(self) -> str:
        return f"{self.currency} {self.day}"
