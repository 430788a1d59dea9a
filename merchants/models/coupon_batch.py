"""Codes that are made in bulk: how many were asked for, how many are there."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from kernel import ids
from kernel.machine import Machine

from ..states import CODE_BATCH, CodeBatchState
from .coupon import Coupon
from .doors import Doors, choices
from .merchant import Merchant

MAX_CODES = 20_000
PREFIX = "^[A-Z0-9]{0,12}$"


class CodeBatch(Doors):
    """Codes of a coupon that begin alike and are used once each. `made` counts those that are there.

    A chunk of codes and its count are one commit, so that a worker that dies leaves no code uncounted.
    """

    machines: ClassVar[dict[str, Machine[Any]]] = {"state": CODE_BATCH}

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    coupon = models.ForeignKey(
        Coupon, on_delete=models.PROTECT, related_name="code_batches", db_constraint=False
    )
    merchant = models.ForeignKey(
        Merchant, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    prefix = models.CharField(max_length=12, blank=True)
    wanted = models.IntegerField()
    made = models.IntegerField(default=0)
    state = models.CharField(
        max_length=10, choices=choices(CodeBatchState), default=CodeBatchState.GENERATING
    )
    created_by = models.ForeignKey(  # none: a program, by its API key
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    progressed_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["id", "coupon", "merchant"], name="code_batch_agreed"),
            models.CheckConstraint(condition=Q(state__in=list(CodeBatchState)), name="code_batch_state"),
            models.CheckConstraint(condition=Q(prefix__regex=PREFIX), name="code_batch_prefix"),
            models.CheckConstraint(
                condition=Q(wanted__gte=1, wanted__lte=MAX_CODES), name="code_batch_wanted"
            ),
            models.CheckConstraint(condition=Q(made__gte=0, made__lte=F("wanted")), name="code_batch_made"),
            models.CheckConstraint(
                condition=Q(state=CodeBatchState.GENERATING, finished_at__isnull=True)
                | Q(state=CodeBatchState.GENERATED, finished_at__isnull=False, made=F("wanted")),
                name="code_batch_whole",
            ),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(
                fields=["created_at"],
                condition=Q(state=CodeBatchState.GENERATING),
                name="code_batch_at_work",
            ),
        ]

    def __str__(self) -> str:
        return self.key

    @property
    def key(self) -> str:
        """The batch's name in addresses and the API: `cpb_…`."""
        return ids.encode("cpb", self.id)

    @property
    def percent(self) -> int:
        """How much of it is there."""
        return 100 * self.made // self.wanted
