"""Payments: the attempts to pay an order, and what became of their money."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.db.models.lookups import GreaterThanOrEqual

from kernel import ids
from kernel.books import Book
from kernel.machine import Machine
from kernel.money import Money
from merchants.models import Merchant
from settlement.fees import SaleFees

from ..channels.base import Action, ActionKind
from ..failures import Failure, failure
from ..states import ATTEMPT, OPEN_ATTEMPTS, AttemptState, Use
from ..tokens import TOKEN_LENGTH
from .account import ChannelAccount
from .doors import Doors, choices
from .order import Order

_SUCCEEDED = Q(state=AttemptState.SUCCEEDED)


class Payment(Doors):
    """One attempt to pay an order at one channel account.

    Amounts are minor units of `currency`. Fees are what was agreed when the money came. `refunded` went back;
    `refund_pending` is set aside for refunds whose end is not known yet.
    """

    machines: ClassVar[dict[str, Machine[Any]]] = {"state": ATTEMPT}

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    order = models.ForeignKey(
        Order, on_delete=models.PROTECT, related_name="payments", db_constraint=False, db_index=False
    )
    ordinal = models.SmallIntegerField(default=1)  # 1, 2, 3 … of the order's attempts
    merchant = models.ForeignKey(
        Merchant, on_delete=models.PROTECT, related_name="payments", db_constraint=False, db_index=False
    )
    book = models.CharField(max_length=8, choices=choices(Book))
    account = models.ForeignKey(
        ChannelAccount, on_delete=models.PROTECT, related_name="payments", db_constraint=False, db_index=False
    )
    method = models.CharField(max_length=24)
    mandate_id = models.UUIDField(
        null=True
    )  # charged without the buyer, by this permission (of the app above)
    notify_token = models.CharField(max_length=TOKEN_LENGTH)
    amount = models.BigIntegerField()  # what was asked for: the order's total
    received = models.BigIntegerField(
        null=True
    )  # what came, where that is another amount; then it is surplus
    currency = models.CharField(max_length=5)
    state = models.CharField(max_length=9, choices=choices(AttemptState), default=AttemptState.CREATED)
    use = models.CharField(max_length=8, choices=choices(Use), default=Use.NONE, blank=True)
    channel_txn = models.CharField(max_length=64, blank=True)
    # The channel's own name for the attempt, where it is asked by that.
    handle = models.CharField(max_length=120, blank=True, default="", db_default="")

    action_kind = models.CharField(max_length=4, blank=True)
    action_value = models.TextField(blank=True)
    code = models.CharField(max_length=64, blank=True)  # what the channel said last, in its own words
    message = models.CharField(max_length=200, blank=True)
    latency_ms = models.IntegerField(null=True)  # how long the channel took to open it

    platform_fee = models.BigIntegerField(default=0)
    channel_fee = models.BigIntegerField(default=0)
    merchant_bears_channel = models.BooleanField(default=True)
    platform_fee_returned = models.BigIntegerField(default=0)
    channel_fee_returned = models.BigIntegerField(default=0)
    # What the platform adds for discounts that it carries, and what refunds took back of it.
    promotion = models.BigIntegerField(default=0, db_default=0)
    promotion_returned = models.BigIntegerField(default=0, db_default=0)
    refunded = models.BigIntegerField(default=0)
    refund_pending = models.BigIntegerField(default=0)

    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()  # the channel takes no money for it after this
    paid_at = models.DateTimeField(null=True)  # when the channel says that the buyer paid
    available_at = models.DateTimeField(null=True)  # when the merchant may use the money
    concluded_at = models.DateTimeField(null=True)  # failed or closed
    next_query_at = models.DateTimeField(null=True)
    queries = models.SmallIntegerField(default=0)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["order", "ordinal"], name="payment_ordinal_once"),
            models.UniqueConstraint(fields=["notify_token"], name="payment_token_once"),
            models.UniqueConstraint(
                fields=["order"], condition=Q(use=Use.APPLIED), name="payment_applied_once"
            ),
            # A buyer who is charged without being asked is charged by one attempt at a time.
            models.UniqueConstraint(
                fields=["order"],
                condition=Q(mandate_id__isnull=False, state__in=sorted(OPEN_ATTEMPTS)),
                name="payment_by_mandate_once",
            ),
            models.UniqueConstraint(
                fields=["account", "channel_txn"], condition=~Q(channel_txn=""), name="payment_txn_once"
            ),
            models.CheckConstraint(condition=Q(book__in=list(Book)), name="payment_book"),
            models.CheckConstraint(condition=Q(state__in=list(AttemptState)), name="payment_state"),
            models.CheckConstraint(condition=Q(use__in=list(Use)), name="payment_use"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="payment_amount"),
            models.CheckConstraint(
                condition=_SUCCEEDED
                & ~Q(use=Use.NONE)
                & ~Q(channel_txn="")
                & Q(paid_at__isnull=False, available_at__isnull=False)
                | ~_SUCCEEDED & Q(use=Use.NONE, paid_at__isnull=True),
                name="payment_success_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(refunded__gte=0, refund_pending__gte=0)
                & Q(GreaterThanOrEqual(Coalesce("received", "amount"), F("refunded") + F("refund_pending")))
                & (_SUCCEEDED | Q(refunded=0, refund_pending=0)),
                name="payment_refunds_within",
            ),
            # Nobody gets goods for another amount.
            models.CheckConstraint(
                condition=Q(received__isnull=True)
                | Q(received__gt=0, use=Use.SURPLUS) & ~Q(received=F("amount")),
                name="payment_other_amount_is_surplus",
            ),
            models.CheckConstraint(
                condition=Q(
                    platform_fee_returned__gte=0,
                    platform_fee_returned__lte=F("platform_fee"),
                    channel_fee_returned__gte=0,
                    channel_fee_returned__lte=F("channel_fee"),
                ),
                name="payment_fees_returned_within",
            ),
            models.CheckConstraint(
                condition=Q(promotion=0, promotion_returned=0)
                | Q(
                    use=Use.APPLIED,
                    promotion__gt=0,
                    promotion_returned__gte=0,
                    promotion_returned__lte=F("promotion"),
                ),
                name="payment_promotion_within",
            ),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(
                fields=["next_query_at"], condition=Q(next_query_at__isnull=False), name="payment_to_ask"
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def reference(self) -> str:
        """Our number for the payment at the channel, for life: `pay_…`."""
        return ids.encode("pay", self.id)

    @property
    def money(self) -> Money:
        """What was asked for; also what came, unless `received` says otherwise."""
        return Money(self.amount, self.currency)

    @property
    def came(self) -> Money:
        """What came, once it has succeeded."""
        return Money(self.amount if self.received is None else self.received, self.currency)

    @property
    def refundable(self) -> Money:
        """What has neither gone back nor is on its way back."""
        return Money(self.came.amount - self.refunded - self.refund_pending, self.currency)

    @property
    def action(self) -> Action | None:
        """What the buyer is asked to do, while the attempt is open."""
        if not self.action_kind or self.state not in OPEN_ATTEMPTS:
            return None
        return Action(ActionKind(self.action_kind), self.action_value)

    @property
    def failure(self) -> Failure | None:
        """Why it was not paid; None while it may be, or when it was."""
        return failure(
            AttemptState(self.state), self.code, expires_at=self.expires_at, concluded_at=self.concluded_at
        )

    @property
    def fees(self) -> SaleFees:
        """The fees of the payment, as they were taken."""
        return self._fees(self.platform_fee, self.channel_fee)

    @property
    def fees_returned(self) -> SaleFees:
        """What refunds have given back of the fees."""
        return self._fees(self.platform_fee_returned, self.channel_fee_returned)

    def _fees(self, platform: int, channel: int) -> SaleFees:
        return SaleFees(
            Money(platform, self.currency), Money(channel, self.currency), self.merchant_bears_channel
        )
