"""Notices: what channels told us. Verified ones are evidence; of the others a small sample is kept."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from kernel import ids
from kernel.machine import Machine
from kernel.money import Money

from ..channels.base import ChargeState
from ..states import NOTICE, NoticeState
from .account import ChannelAccount
from .doors import Doors, choices
from .payment import Payment

UNVERIFIED_PER_ACCOUNT = 64


class Notice(Doors):
    """A verified statement of a channel about a payment: sent by itself, or its answer to our question.

    A row is one message: `key` is the channel's name for it and `digest` the hash of what it says, unique
    together per account: a repeat is recognised at any age, and another word under the same key is kept as
    well. `body` is the raw message, sealed under the merchant's key. Only state, reason and tries change.
    """

    machines: ClassVar[dict[str, Machine[Any]]] = {"state": NOTICE}

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    account = models.ForeignKey(
        ChannelAccount, on_delete=models.PROTECT, related_name="notices", db_constraint=False, db_index=False
    )
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="notices")
    asked = models.BooleanField(default=False)  # the answer to our query, not a message of the channel's own
    key = models.CharField(max_length=128)
    digest = models.BinaryField(max_length=32)
    said = models.CharField(max_length=9, choices=choices(ChargeState))
    channel_txn = models.CharField(max_length=64, blank=True)
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=5)
    occurred_at = models.DateTimeField(null=True)
    body = models.BinaryField()
    state = models.CharField(max_length=8, choices=choices(NoticeState), default=NoticeState.RECEIVED)
    reason = models.CharField(max_length=40, blank=True)
    tries = models.SmallIntegerField(default=0)
    received_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["account", "key", "digest"], name="notice_once"),
            models.CheckConstraint(condition=Q(state__in=list(NoticeState)), name="notice_state"),
            models.CheckConstraint(condition=~Q(key=""), name="notice_key"),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(
                fields=["received_at"], condition=Q(state=NoticeState.RECEIVED), name="notice_waiting"
            ),
        ]

    def __str__(self) -> str:
        return ids.encode("ntc", self.id)

    @property
    def money(self) -> Money:
        """What the channel says was paid."""
        return Money(self.amount, self.currency)


class UnverifiedNotice(models.Model):
    """A sample of what came in without a good signature: at most UNVERIFIED_PER_ACCOUNT rows an account.

    A new one overwrites an old one at random. `body` is cut short and sealed under the merchant's key.
    """

    id = models.BigAutoField(primary_key=True)
    account = models.ForeignKey(
        ChannelAccount,
        on_delete=models.CASCADE,
        related_name="unverified",
        db_constraint=False,
        db_index=False,
    )
    slot = models.SmallIntegerField()
    payment_id = models.UUIDField(null=True)
    why = models.CharField(max_length=160)
    size = models.IntegerField()
    body = models.BinaryField()
    received_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["account", "slot"], name="unverified_slot_once"),
            models.CheckConstraint(
                condition=Q(slot__gte=0, slot__lt=UNVERIFIED_PER_ACCOUNT), name="unverified_is_capped"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account_id}#{self.slot}"
