"""What a merchant wants to happen when nobody can judge in time."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kernel import ids

from ..states import Outcome


class Policy(models.Model):
    """The fall-back of a merchant; without a merchant, of all that have none of their own."""

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    merchant = models.ForeignKey(
        "merchants.Merchant",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("merchant"),
    )
    fallback = models.CharField(_("fall-back"), max_length=8, choices=[(o.value, o.value) for o in Outcome])
    changed_at = models.DateTimeField(_("changed at"), auto_now=True)

    class Meta:
        db_table = "risk_policy"
        verbose_name, verbose_name_plural = _("fall-back policy"), _("fall-back policies")
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(condition=Q(fallback__in=list(Outcome)), name="risk_policy_fallback"),
            models.UniqueConstraint(fields=["merchant"], nulls_distinct=False, name="risk_policy_once"),
        ]

    def __str__(self) -> str:
        return f"{self.merchant_id or '*'}: {self.fallback}"
