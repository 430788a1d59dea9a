"""Stripe's objects: accounts, Checkout sessions with their payment intents, refunds, disputes.

Amounts are minor units of the object's currency, which is written in small letters, as Stripe writes it.
"""

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q

from kernel import ids
from kernel.machine import Machine

from ..stripe.states import (
    DISPUTE,
    INTENT,
    SESSION,
    Deed,
    DisputeStatus,
    IntentStatus,
    Mode,
    RefundStatus,
    SessionStatus,
)


class StripeAccount(models.Model):
    """A merchant's account with its one webhook endpoint. Its keys are play keys."""

    id = models.CharField(primary_key=True, max_length=32)
    name = models.CharField(max_length=80, help_text="The payee that the buyer reads.")
    secret_key = models.CharField(max_length=80, unique=True)
    webhook_url = models.CharField(max_length=256, blank=True)
    webhook_secrets = models.JSONField(help_text="Each signs: after a rotation both do, for a while.")
    magic = models.BooleanField(
        default=False, help_text="Whether the cents of an amount decide what happens."
    )
    created_at = models.DateTimeField()

    class Meta:
        db_table = '"sandbox"."stripe_account"'
        ordering: ClassVar[list[str]] = ["id"]

    def __str__(self) -> str:
        return f"{self.name} ({self.id})"


class StripeCard(models.Model):
    """A payment method that a customer keeps. The last digits of a test card decide what it does.

    `plight` is what charges of it meet from now on, whatever its number says: a decline's code, or empty.
    """

    id = models.CharField(primary_key=True, max_length=40)
    account = models.ForeignKey(StripeAccount, on_delete=models.CASCADE, related_name="cards")
    customer = models.CharField(max_length=40, db_index=True)
    last4 = models.CharField(max_length=4)
    brand = models.CharField(max_length=16)
    exp_month = models.PositiveSmallIntegerField()
    exp_year = models.PositiveSmallIntegerField()
    is_attached = models.BooleanField(default=True)
    plight = models.CharField(max_length=40, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        db_table = '"sandbox"."stripe_card"'
        ordering: ClassVar[list[str]] = ["-created_at", "-id"]

    def __str__(self) -> str:
        return f"{self.brand} {self.last4}"


class StripeSession(models.Model):
    """A Checkout session, its payment intent and the intent's charge: here they live and die together.

    One of the mode `off_session` has no page: it is an intent that was made and confirmed at once, with the
    card that a customer keeps. One of the mode `setup` keeps a card and charges nothing.

    `charged` is what the buyer paid; only the ending “wrong amount” makes it differ from `amount`.
    `error` is the intent's last payment error; `card` the card that was tried last, by its last digits.
    """

    machines: ClassVar[dict[str, Machine[Any]]] = {"status": SESSION, "intent_status": INTENT}

    id = models.CharField(primary_key=True, max_length=80)
    account = models.ForeignKey(StripeAccount, on_delete=models.CASCADE, related_name="sessions")
    intent_id = models.CharField(max_length=40, unique=True)
    charge_id = models.CharField(max_length=40, unique=True)
    mode = models.CharField(max_length=11, default=Mode.PAYMENT, db_default=Mode.PAYMENT)
    keeps = models.BooleanField(
        default=False, db_default=False, help_text="Whether the card is kept for later."
    )
    kept = models.ForeignKey(StripeCard, on_delete=models.CASCADE, null=True, related_name="sessions")
    status = models.CharField(max_length=10, default=SessionStatus.OPEN)
    intent_status = models.CharField(max_length=24, default=IntentStatus.WAITING)
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    charged = models.BigIntegerField(null=True)
    refunded = models.BigIntegerField(default=0)
    title = models.CharField(max_length=250)
    reference = models.CharField(max_length=200, blank=True)
    metadata = models.JSONField(default=dict)
    intent_metadata = models.JSONField(default=dict)
    success_url = models.CharField(max_length=500)
    cancel_url = models.CharField(max_length=500, blank=True)
    locale = models.CharField(max_length=8, blank=True)
    error = models.JSONField(null=True)
    card = models.JSONField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    paid_at = models.DateTimeField(null=True)

    class Meta:
        db_table = '"sandbox"."stripe_session"'
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(condition=Q(status__in=list(SessionStatus)), name="stripe_session_status"),
            models.CheckConstraint(
                condition=Q(intent_status__in=list(IntentStatus)), name="stripe_intent_status"
            ),
            models.CheckConstraint(condition=Q(mode__in=list(Mode)), name="stripe_session_mode"),
            models.CheckConstraint(
                condition=Q(amount__gt=0) & ~Q(mode=Mode.SETUP) | Q(amount=0, mode=Mode.SETUP),
                name="stripe_session_amount",
            ),
            models.CheckConstraint(
                condition=Q(refunded=0)
                | Q(refunded__gt=0, charged__isnull=False, refunded__lte=F("charged")),
                name="stripe_session_refunded",
            ),
            models.CheckConstraint(
                condition=~Q(intent_status=IntentStatus.SUCCEEDED)
                | Q(charged__isnull=False, paid_at__isnull=False, status=SessionStatus.COMPLETE),
                name="stripe_session_paid",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["expires_at"], name="stripe_session_due", condition=Q(status=SessionStatus.OPEN)
            ),
            models.Index(fields=["-created_at"], name="stripe_session_recent"),
            models.Index(fields=["reference"], name="stripe_session_reference"),
        ]

    def __str__(self) -> str:
        return self.id

    @property
    def total(self) -> int:
        """The amount that events and answers name."""
        return self.amount if self.charged is None else self.charged

    @property
    def is_paid(self) -> bool:
        """Whether the money came."""
        return self.intent_status == IntentStatus.SUCCEEDED

    @property
    def was_tried(self) -> bool:
        """Whether the intent exists: Stripe makes it when a buyer first tries to pay."""
        return self.tries > 0

    def enter(self, target: SessionStatus | IntentStatus) -> None:
        """Move to `target`, unsaved. Raises IllegalMove."""
        field = "status" if isinstance(target, SessionStatus) else "intent_status"
        source = getattr(self, field)
        if source != target:
            self.machines[field].check(type(target)(source), target)
            setattr(self, field, target)


class StripeRefund(models.Model):
    """Money that goes back. One that succeeded may still fail days later: then the money is back."""

    id = models.CharField(primary_key=True, max_length=40)
    session = models.ForeignKey(StripeSession, on_delete=models.CASCADE, related_name="refunds")
    amount = models.BigIntegerField()
    status = models.CharField(max_length=16)
    reason = models.CharField(max_length=40, blank=True)
    failure_reason = models.CharField(max_length=40, blank=True)
    metadata = models.JSONField(default=dict)
    created_at = models.DateTimeField()

    class Meta:
        db_table = '"sandbox"."stripe_refund"'
        ordering: ClassVar[list[str]] = ["-created_at", "-id"]
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(condition=Q(status__in=list(RefundStatus)), name="stripe_refund_status"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="stripe_refund_amount"),
        ]

    def __str__(self) -> str:
        return self.id


class StripeDispute(models.Model):
    """A buyer's bank takes the money back, or asks first. `transactions` are its movements, oldest first."""

    id = models.CharField(primary_key=True, max_length=40)
    session = models.ForeignKey(StripeSession, on_delete=models.CASCADE, related_name="disputes")
    amount = models.BigIntegerField()
    reason = models.CharField(max_length=40)
    status = models.CharField(max_length=24)
    due_by = models.DateTimeField()
    transactions = models.JSONField(default=list)
    created_at = models.DateTimeField()

    class Meta:
        db_table = '"sandbox"."stripe_dispute"'
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(condition=Q(status__in=list(DisputeStatus)), name="stripe_dispute_status"),
        ]

    def __str__(self) -> str:
        return self.id

    def enter(self, target: DisputeStatus) -> None:
        """Move to `target`, unsaved. Raises IllegalMove."""
        DISPUTE.check(DisputeStatus(self.status), target)
        self.status = target


class StripePlay(models.Model):
    """What happens to a session at `due_at` by itself: a debit settles, a bank disputes, a refund fails."""

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    session = models.ForeignKey(StripeSession, on_delete=models.CASCADE, related_name="plays")
    deed = models.CharField(max_length=20)
    subject = models.CharField(max_length=40, blank=True, help_text="The refund that is meant.")
    due_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)

    class Meta:
        db_table = '"sandbox"."stripe_play"'
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(condition=Q(deed__in=list(Deed)), name="stripe_play_deed")
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["due_at"], name="stripe_play_due", condition=Q(done_at__isnull=True))
        ]

    def __str__(self) -> str:
        return f"{self.session_id} {self.deed}"


class StripeCall(models.Model):
    """A write under an idempotency key, and its answer once there is one."""

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    account = models.ForeignKey(StripeAccount, on_delete=models.CASCADE, related_name="calls")
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    body = models.TextField(blank=True)
    began_at = models.DateTimeField()

    class Meta:
        db_table = '"sandbox"."stripe_call"'
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["account", "key"], name="stripe_call_once")
        ]

    def __str__(self) -> str:
        return self.key
