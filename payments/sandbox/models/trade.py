"""A trade at Alipay, its refunds, and what is scheduled to happen to it by itself."""

import secrets
from datetime import datetime
from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q

from kernel import ids

from ..states import TRADE, Ending, Product, TradeStatus
from .app import AlipayApp


def _token() -> str:
    return secrets.token_urlsafe(16)


class Trade(models.Model):
    """Amounts are fen. `opened_at` is when the buyer first came to the cashier: until then all other methods
    answer that the trade does not exist, as the real ones do.
    """

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    app = models.ForeignKey(AlipayApp, on_delete=models.CASCADE, related_name="trades")
    product = models.CharField(max_length=10)
    token = models.CharField(max_length=32, unique=True, default=_token, editable=False)
    trade_no = models.CharField(max_length=64, unique=True)
    out_trade_no = models.CharField(max_length=64)
    status = models.CharField(max_length=16, default=TradeStatus.WAIT)
    subject = models.CharField(max_length=256)
    body = models.CharField(max_length=400, blank=True)
    passback_params = models.CharField(max_length=512, blank=True)
    total_fen = models.BigIntegerField()
    charged_fen = models.BigIntegerField(
        null=True,
        help_text="What the buyer paid; only the ending “wrong amount” makes it differ from the total.",
    )
    refunded_fen = models.BigIntegerField(default=0)
    notify_url = models.CharField(max_length=256, blank=True)
    return_url = models.CharField(max_length=256, blank=True)
    quit_url = models.CharField(max_length=400, blank=True)
    failure = models.CharField(max_length=40, blank=True, help_text="Why the buyer's last try failed.")
    created_at = models.DateTimeField()
    opened_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField()
    paid_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        db_table = '"sandbox"."alipay_trade"'
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["app", "out_trade_no"], name="alipay_trade_once"),
            models.CheckConstraint(condition=Q(status__in=list(TradeStatus)), name="alipay_trade_status"),
            models.CheckConstraint(condition=Q(product__in=list(Product)), name="alipay_trade_product"),
            models.CheckConstraint(condition=Q(total_fen__gt=0), name="alipay_trade_total"),
            models.CheckConstraint(
                condition=Q(refunded_fen__gte=0)
                & (Q(refunded_fen=0) | Q(charged_fen__isnull=False, refunded_fen__lte=F("charged_fen"))),
                name="alipay_trade_refunded",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=[TradeStatus.SUCCESS, TradeStatus.FINISHED])
                | Q(charged_fen__isnull=False, paid_at__isnull=False),
                name="alipay_trade_paid",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["expires_at"], name="alipay_trade_due", condition=Q(status=TradeStatus.WAIT)
            ),
            models.Index(fields=["-created_at"], name="alipay_trade_recent"),
        ]

    def __str__(self) -> str:
        return self.out_trade_no

    @property
    def reported_fen(self) -> int:
        """The amount that notices and answers name."""
        return self.total_fen if self.charged_fen is None else self.charged_fen

    @property
    def left_fen(self) -> int:
        """What can still be refunded."""
        return (self.charged_fen or 0) - self.refunded_fen

    def enter(self, target: TradeStatus, moment: datetime) -> None:
        """Move to `target`, unsaved. Raises IllegalMove."""
        TRADE.check(TradeStatus(self.status), target)
        self.status = target
        if target is TradeStatus.SUCCESS:
            self.paid_at, self.closed_at = moment, None
            self.opened_at = self.opened_at or moment
        elif target is TradeStatus.CLOSED:
            self.closed_at = moment
        else:
            self.finished_at = moment


class Refund(models.Model):
    """Money that went back. It shows from `done_at` on: one whose answer got lost comes to light later."""

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    trade = models.ForeignKey(Trade, on_delete=models.CASCADE, related_name="refunds")
    out_request_no = models.CharField(max_length=64)
    amount_fen = models.BigIntegerField()
    reason = models.CharField(max_length=256, blank=True)
    done_at = models.DateTimeField()

    class Meta:
        db_table = '"sandbox"."alipay_refund"'
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["trade", "out_request_no"], name="alipay_refund_once"),
            models.CheckConstraint(condition=Q(amount_fen__gt=0), name="alipay_refund_amount"),
        ]

    def __str__(self) -> str:
        return self.out_request_no


class Play(models.Model):
    """A visit of an absent buyer: what happens to a trade at `due_at` without anybody at the cashier."""

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    trade = models.ForeignKey(Trade, on_delete=models.CASCADE, related_name="plays")
    ending = models.CharField(max_length=20)
    reason = models.CharField(max_length=40, blank=True)
    even_closed = models.BooleanField(default=False, help_text="Whether it is paid even after it was closed.")
    due_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)

    class Meta:
        db_table = '"sandbox"."alipay_play"'
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(condition=Q(ending__in=list(Ending)), name="alipay_play_ending")
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["due_at"], name="alipay_play_due", condition=Q(done_at__isnull=True))
        ]

    def __str__(self) -> str:
        return f"{self.trade_id} {self.ending}"
