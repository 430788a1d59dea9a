"""How a merchant's subscriptions are billed."""

from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from merchants.models import Merchant
from payments.models.doors import choices

from ..billing.dunning import GRACE_DAYS, MAX_RETRY_DAY, RETRY_DAYS
from ..states import CancelNow


def default_retry_days() -> list[int]:
    """The schedule of who has not changed it."""
    return list(RETRY_DAYS)


class Policy(models.Model):
    """What a merchant changed of the defaults. Who has no row has the defaults.

    `retry_days` count from the day a period was due; after the last one the subscription ends. `grace_days`:
    how long the membership stays on unpaid. `notice_days`: before each automatic charge; null: the market's.
    """

    merchant = models.OneToOneField(
        Merchant, on_delete=models.PROTECT, primary_key=True, related_name="+", db_constraint=False
    )
    retry_days = ArrayField(models.SmallIntegerField(), default=default_retry_days)
    grace_days = models.SmallIntegerField(default=GRACE_DAYS)
    notice_days = models.SmallIntegerField(null=True)
    may_pause = models.BooleanField(default=True)
    may_change = models.BooleanField(default=True)
    cancel_now = models.CharField(max_length=14, choices=choices(CancelNow), default=CancelNow.NO)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=Q(grace_days__gte=0, grace_days__lte=MAX_RETRY_DAY), name="policy_grace"
            ),
            models.CheckConstraint(
                condition=Q(notice_days__isnull=True) | Q(notice_days__gte=1, notice_days__lte=30),
                name="policy_notice",
            ),
            models.CheckConstraint(condition=Q(cancel_now__in=list(CancelNow)), name="policy_cancel_now"),
        ]

    def __str__(self) -> str:
        return ", ".join(map(str, self.retry_days))
