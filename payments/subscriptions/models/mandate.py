"""Mandates: a buyer's permission to be charged again."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from buyers.models import Consent
from kernel import ids
from kernel.books import Book
from kernel.machine import Machine
from kernel.money import Money
from merchants.models import Merchant
from payments.models import ChannelAccount, Payment
from payments.models.doors import Doors, choices

from ..states import MANDATE, MandateState


class Mandate(Doors):
    """One method of one buyer, kept at one channel account for one subscription.

    `handle` is the channel's own name for it, `page` for the page on which it was offered; `payment` is the
    one with which it was given, where it was given by paying. `limit_amount` bounds each charge, in minor
    units. `ask_at`: when the channel is asked how it stands, on the wall clock.
    """

    machines: ClassVar[dict[str, Machine[Any]]] = {"state": MANDATE}

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    merchant = models.ForeignKey(
        Merchant, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    book = models.CharField(max_length=8, choices=choices(Book))
    subscription = models.ForeignKey(
        "subscriptions.Subscription", on_delete=models.PROTECT, related_name="mandates", db_constraint=False
    )
    account = models.ForeignKey(
        ChannelAccount, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    method = models.CharField(max_length=24)
    contact_key = models.BinaryField(max_length=16)
    buyer_key = models.BinaryField(max_length=16)
    state = models.CharField(max_length=9, choices=choices(MandateState), default=MandateState.OFFERED)
    handle = models.CharField(max_length=160, blank=True, default="")
    label = models.CharField(max_length=80, blank=True, default="")
    expires_on = models.DateField(null=True)
    currency = models.CharField(max_length=5)
    limit_amount = models.BigIntegerField()
    consent = models.ForeignKey(
        Consent, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    agreed_at = models.DateTimeField(null=True)
    page = models.CharField(max_length=120, blank=True, default="")
    page_url = models.TextField(blank=True, default="")
    payment = models.ForeignKey(
        Payment, on_delete=models.PROTECT, null=True, related_name="+", db_constraint=False, db_index=False
    )
    ask_at = models.DateTimeField(null=True)
    asked = models.SmallIntegerField(default=0)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=8, blank=True, default="")
    end_reason = models.CharField(max_length=40, blank=True, default="")

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["merchant", "id", "book", "account"], name="mandate_agreed"),
            models.CheckConstraint(condition=Q(book__in=list(Book)), name="mandate_book"),
            models.CheckConstraint(condition=Q(state__in=list(MandateState)), name="mandate_state"),
            models.CheckConstraint(condition=Q(limit_amount__gt=0), name="mandate_limit"),
            # Nobody is charged who has not agreed.
            models.CheckConstraint(
                condition=Q(state__in=[MandateState.OFFERED, MandateState.ENDED])
                | ~Q(handle="") & Q(consent__isnull=False, agreed_at__isnull=False),
                name="mandate_is_agreed",
            ),
            models.CheckConstraint(
                condition=Q(state=MandateState.ENDED, ended_at__isnull=False)
                | ~Q(state=MandateState.ENDED) & Q(ended_at__isnull=True),
                name="mandate_ended_at",
            ),
            models.UniqueConstraint(
                fields=["subscription"],
                condition=Q(state__in=[MandateState.ACTIVE, MandateState.SUSPENDED]),
                name="mandate_one_in_force",
            ),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["ask_at"], condition=Q(ask_at__isnull=False), name="mandate_to_ask"),
            models.Index(fields=["buyer_key"], name="mandate_of_buyer"),
            models.Index(fields=["account", "handle"], condition=~Q(handle=""), name="mandate_of_handle"),
        ]

    def __str__(self) -> str:
        return self.label or self.key

    @property
    def key(self) -> str:
        """Our name for the mandate, here and at the channel: `mnd_…`."""
        return ids.encode("mnd", self.id)

    @property
    def limit(self) -> Money:
        """What one charge may be at most."""
        return Money(self.limit_amount, self.currency)
