"""When a merchant is settled, where it differs from the fee plan's calendar."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kernel import ids
from merchants.models import Merchant
from merchants.models.doors import choices
from merchants.models.merchant import COUNTRY

from ..rhythm import Terms
from ..states import Cycle


class Schedule(models.Model):
    """One for a merchant, changed in place; every change stands in the audit trail."""

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    merchant = models.OneToOneField(
        Merchant, models.PROTECT, related_name="schedule", verbose_name=_("merchant")
    )
    cycle = models.CharField(_("cycle"), max_length=8, choices=choices(Cycle), default=Cycle.DAILY)
    weekday = models.PositiveSmallIntegerField(_("weekday"), default=0)  # Monday is 0
    country = models.CharField(_("country of the calendar"), max_length=2, default="CN")
    zone = models.CharField(_("time zone of the calendar"), max_length=64, default="Asia/Shanghai")
    minimum = models.JSONField(_("least payout"), default=dict, blank=True)  # currency to minor units
    paused = models.BooleanField(_("paused"), default=False)
    changed_at = models.DateTimeField(_("changed at"), auto_now=True)

    class Meta:
        verbose_name = _("settlement schedule")
        verbose_name_plural = _("settlement schedules")
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(condition=Q(cycle__in=list(Cycle)), name="schedule_cycle"),
            models.CheckConstraint(condition=Q(weekday__lte=6), name="schedule_weekday"),
            models.CheckConstraint(condition=Q(country__regex=COUNTRY), name="schedule_country"),
        ]

    def __str__(self) -> str:
        return f"{self.merchant_id} {self.cycle}"

    @property
    def terms(self) -> Terms:
        """The schedule as a frozen value."""
        return Terms(
            cycle=Cycle(self.cycle),
            weekday=self.weekday,
            country=self.country,
            zone=self.zone,
            minimum=self.minimum,
            paused=self.paused,
        )
