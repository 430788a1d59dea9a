"""Changes of price that were offered to a subscription's buyer."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from kernel import ids
from kernel.machine import Machine
from payments.models.doors import Doors, choices

from ..states import PRICE_CHANGE, PriceChangeState
from .subscription import Subscription


class PriceChange(Doors):
    """Another version of the plan from a day on. A dearer one is taken only where its buyer says yes."""

    machines: ClassVar[dict[str, Machine[Any]]] = {"state": PRICE_CHANGE}

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    subscription = models.ForeignKey(Subscription, on_delete=models.PROTECT, related_name="price_changes")
    to_version_id = models.UUIDField()
    old_price = models.BigIntegerField()  # of one, minor units
    new_price = models.BigIntegerField()
    effective_from = models.DateTimeField()
    offered_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    state = models.CharField(
        max_length=8, choices=choices(PriceChangeState), default=PriceChangeState.OFFERED
    )

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["subscription"],
                condition=Q(state=PriceChangeState.OFFERED),
                name="price_change_one_open",
            ),
            models.CheckConstraint(condition=Q(state__in=list(PriceChangeState)), name="price_change_state"),
            models.CheckConstraint(condition=Q(old_price__gt=0, new_price__gt=0), name="price_change_prices"),
        ]

    def __str__(self) -> str:
        return self.key

    @property
    def key(self) -> str:
        """The change's name in addresses: `prc_…`."""
        return ids.encode("prc", self.id)
