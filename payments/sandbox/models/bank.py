"""The bank's tables: who may call, what was sent, and which calls were seen."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from kernel import ids
from kernel.money import Money

from ..bank.states import BankState


class BankClient(models.Model):
    """Somebody with money at the bank. The secret is a play secret."""

    name = models.CharField(primary_key=True, max_length=64)
    label = models.CharField(max_length=80)
    secret = models.CharField(max_length=80)
    silence_seconds = models.FloatField(
        default=15, help_text="How long a call that gets no answer in time is kept waiting."
    )
    created_at = models.DateTimeField()

    class Meta:
        db_table = '"sandbox"."bank_client"'
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=Q(silence_seconds__gte=0, silence_seconds__lte=60), name="bank_client_silence"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.label} ({self.name})"


class BankTransfer(models.Model):
    """Money sent under the client's number, once. `becomes` happens by itself at `due_at`."""

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    client = models.ForeignKey(BankClient, on_delete=models.CASCADE, related_name="transfers")
    request_no = models.CharField(max_length=64)
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=8)
    holder = models.CharField(max_length=120)
    bank = models.CharField(max_length=80)
    number = models.CharField(max_length=34)
    state = models.CharField(max_length=9)
    code = models.CharField(max_length=40, blank=True)
    becomes = models.CharField(max_length=9, blank=True)
    due_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    moved_at = models.DateTimeField()

    class Meta:
        db_table = '"sandbox"."bank_transfer"'
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["client", "request_no"], name="bank_transfer_once"),
            models.CheckConstraint(condition=Q(state__in=list(BankState)), name="bank_transfer_state"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="bank_transfer_amount"),
        ]

    def __str__(self) -> str:
        return self.request_no

    @property
    def money(self) -> Money:
        """What is sent."""
        return Money(self.amount, self.currency)


class BankCall(models.Model):
    """A nonce that was seen, kept as long as the call would still be young enough to be repeated."""

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    client = models.ForeignKey(BankClient, on_delete=models.CASCADE, related_name="+")
    nonce = models.CharField(max_length=64)
    seen_at = models.DateTimeField(db_index=True)

    class Meta:
        db_table = '"sandbox"."bank_call"'
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["client", "nonce"], name="bank_call_once"),
        ]

    def __str__(self) -> str:
        return self.nonce
