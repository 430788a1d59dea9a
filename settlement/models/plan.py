"""Versions of fee plans: a changed plan is a new row, and no row is ever changed."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kernel import ids


class FeePlanVersion(models.Model):
    """What a merchant pays from `starts_at` on, until a later row. Without a merchant: the standard plan."""

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    merchant = models.ForeignKey(
        "merchants.Merchant",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("merchant"),
    )
    rate = models.DecimalField(_("rate"), max_digits=7, decimal_places=6)
    fixed = models.JSONField(_("fixed fee"), default=dict, blank=True)
    merchant_bears_channel = models.BooleanField(_("merchant bears the channel's fee"), default=True)
    settlement_days = models.PositiveSmallIntegerField(_("settlement days"), default=1)
    country = models.CharField(_("country of the calendar"), max_length=2, default="CN")
    zone = models.CharField(_("time zone of the calendar"), max_length=64, default="Asia/Shanghai")
    starts_at = models.DateTimeField(_("in force from"))
    created_at = models.DateTimeField(_("made at"), auto_now_add=True)

    class Meta:
        db_table = "settlement_fee_plan"
        verbose_name = _("fee plan")
        verbose_name_plural = _("fee plans")
        ordering: ClassVar[list[str]] = ["-starts_at"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(rate__gte=0, rate__lte=1), name="fee_plan_rate_is_a_share"),
            models.CheckConstraint(condition=Q(settlement_days__lte=90), name="fee_plan_days_are_bounded"),
            models.CheckConstraint(condition=Q(country__regex="^[A-Z]{2}$"), name="fee_plan_country"),
            # At one instant one row is in force, the standard plan included; its index serves the look-up.
            models.UniqueConstraint(
                fields=["merchant", "starts_at"], nulls_distinct=False, name="fee_plan_starts_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.merchant_id or 'standard'} {self.starts_at:%Y-%m-%d}"
