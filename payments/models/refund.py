"""Refunds: money that goes back, under one number for life."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from kernel import ids
from kernel.books import Book
from kernel.machine import Machine
from kernel.money import Money
from merchants.models import Merchant
from settlement.fees import SaleFees

from .. import limits
from ..states import OPEN_REFUNDS, REFUND, RefundKind, RefundState
from .account import ChannelAccount
from .doors import Doors, choices
from .order import Order
from .payment import Payment


class Refund(Doors):
    """A part or the whole of a payment's money on its way back; fees and promotion go back with it."""

    machines: ClassVar[dict[str, Machine[Any]]] = {"state": REFUND}

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="refunds")
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="refunds")
    account = models.ForeignKey(
        ChannelAccount, on_delete=models.PROTECT, related_name="refunds", db_constraint=False, db_index=False
    )
    merchant = models.ForeignKey(
        Merchant, on_delete=models.PROTECT, related_name="refunds", db_constraint=False, db_index=False
    )
    book = models.CharField(max_length=8, choices=choices(Book))
    kind = models.CharField(max_length=9, choices=choices(RefundKind))
    state = models.CharField(max_length=9, choices=choices(RefundState), default=RefundState.REQUESTED)
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=5)
    platform_fee = models.BigIntegerField()
    channel_fee = models.BigIntegerField()
    promotion = models.BigIntegerField(default=0, db_default=0)  # of the platform's, back with it
    reason = models.CharField(max_length=200)
    form_key = models.UUIDField(null=True)
    actor_kind = models.CharField(max_length=8)
    actor_id = models.UUIDField(null=True)

    code = models.CharField(max_length=64, blank=True)
    message = models.CharField(max_length=200, blank=True)
    requested_at = models.DateTimeField()
    concluded_at = models.DateTimeField(null=True)
    next_query_at = models.DateTimeField(null=True)
    queries = models.SmallIntegerField(default=0)
    retries = models.SmallIntegerField(default=0)  # how often a person tried it again after a refusal

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["payment", "form_key"], name="refund_form_once"),
            models.UniqueConstraint(
                fields=["payment"],
                condition=Q(kind__in=[RefundKind.SURPLUS, RefundKind.REJECTED])
                & ~Q(state=RefundState.FAILED),
                name="refund_whole_once",
            ),
            models.CheckConstraint(condition=Q(book__in=list(Book)), name="refund_book"),
            models.CheckConstraint(condition=Q(state__in=list(RefundState)), name="refund_state"),
            models.CheckConstraint(condition=Q(kind__in=list(RefundKind)), name="refund_kind"),
            models.CheckConstraint(
                condition=Q(amount__gt=0, platform_fee__gte=0, channel_fee__gte=0, promotion__gte=0),
                name="refund_amount",
            ),
            models.CheckConstraint(
                condition=Q(retries__gte=0, retries__lte=limits.REFUND_RETRIES), name="refund_retries"
            ),
            # What is open is asked about; what has ended is not.
            models.CheckConstraint(
                condition=Q(
                    state__in=sorted(OPEN_REFUNDS), next_query_at__isnull=False, concluded_at__isnull=True
                )
                | Q(
                    state__in=[RefundState.SUCCEEDED, RefundState.FAILED],
                    next_query_at__isnull=True,
                    concluded_at__isnull=False,
                ),
                name="refund_open_is_asked",
            ),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(
                fields=["next_query_at"], condition=Q(next_query_at__isnull=False), name="refund_to_ask"
            ),
            models.Index(fields=["merchant", "id"], name="refund_of_merchant"),
        ]

    def __str__(self) -> str:
        return self.request_no

    @property
    def request_no(self) -> str:
        """Our number for the refund at the channel, for life: `rfd_…`."""
        return ids.encode("rfd", self.id)

    @property
    def money(self) -> Money:
        """What goes back to the buyer."""
        return Money(self.amount, self.currency)

    def fees(self, *, merchant_bears_channel: bool) -> SaleFees:
        """What goes back of the payment's fees with this refund."""
        return SaleFees(
            Money(self.platform_fee, self.currency),
            Money(self.channel_fee, self.currency),
            merchant_bears_channel,
        )
