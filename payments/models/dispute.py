"""Disputes: a buyer's bank takes a payment's money back, or asks about it first."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from kernel import ids
from kernel.books import Book
from kernel.machine import Machine
from kernel.money import Money
from merchants.models import Merchant

from ..states import DISPUTE, ENDED_DISPUTES, FUNDS, DisputeState, Funds
from .account import ChannelAccount
from .doors import Doors, choices
from .order import Order
from .payment import Payment

MONEY_TAKEN = Q(funds__in=(Funds.HELD, Funds.GONE))
"""The bank has the money, for now or for good."""
STANDING = MONEY_TAKEN | ~Q(state__in=ENDED_DISPUTES)
"""What makes an order a disputed one."""


class Dispute(Doors):
    """A dispute as its channel tells it. Amounts are minor units; `fee` is what the channel charged for it.

    `movements` counts what the channel has moved for it: news with fewer are older than what is known.
    """

    machines: ClassVar[dict[str, Machine[Any]]] = {"state": DISPUTE, "funds": FUNDS}

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="disputes")
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="disputes")
    account = models.ForeignKey(
        ChannelAccount, on_delete=models.PROTECT, related_name="disputes", db_constraint=False, db_index=False
    )
    merchant = models.ForeignKey(
        Merchant, on_delete=models.PROTECT, related_name="disputes", db_constraint=False, db_index=False
    )
    book = models.CharField(max_length=8, choices=choices(Book))
    channel_dispute = models.CharField(max_length=64)  # the channel's name for it
    state = models.CharField(max_length=16, choices=choices(DisputeState))
    funds = models.CharField(max_length=10, choices=choices(Funds), default=Funds.UNTOUCHED)
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=5)
    reason = models.CharField(max_length=40, blank=True)
    evidence_due_by = models.DateTimeField(null=True)
    fee = models.BigIntegerField(default=0)
    fee_currency = models.CharField(max_length=5)
    movements = models.SmallIntegerField(default=0)
    opened_at = models.DateTimeField()
    concluded_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["account", "channel_dispute"], name="dispute_once"),
            models.CheckConstraint(condition=Q(book__in=list(Book)), name="dispute_book"),
            models.CheckConstraint(condition=Q(state__in=list(DisputeState)), name="dispute_state"),
            models.CheckConstraint(condition=Q(funds__in=list(Funds)), name="dispute_funds"),
            models.CheckConstraint(
                condition=Q(amount__gt=0, fee__gte=0, movements__gte=0) & ~Q(channel_dispute=""),
                name="dispute_amount",
            ),
            models.CheckConstraint(
                condition=Q(state__in=sorted(ENDED_DISPUTES), concluded_at__isnull=False)
                | Q(~Q(state__in=sorted(ENDED_DISPUTES)), concluded_at__isnull=True),
                name="dispute_ends_once",
            ),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["merchant", "id"], name="dispute_of_merchant"),
        ]

    def __str__(self) -> str:
        return self.key

    @property
    def key(self) -> str:
        """The dispute's name here: `dsp_…`."""
        return ids.encode("dsp", self.id)

    @property
    def money(self) -> Money:
        """What is disputed."""
        return Money(self.amount, self.currency)

    @property
    def charged(self) -> Money:
        """What the channel charged for it, which it keeps."""
        return Money(self.fee, self.fee_currency)
