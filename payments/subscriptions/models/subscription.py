"""Subscriptions: a buyer, a plan, and when it is due."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q

from kernel import ids
from kernel.books import Book
from kernel.machine import Machine
from kernel.money import Money
from merchants.models import Merchant, Product, Store
from payments.models.doors import Doors, choices
from payments.states import Device
from payments.tokens import TOKEN_LENGTH

from ..states import MOVED_BY_TIME, SUBSCRIPTION, EndReason, SubscriptionState

_OPEN = ~Q(state=SubscriptionState.ENDED)


class Subscription(Doors):
    """A membership that renews. Times are on the merchant's clock; amounts are minor units of `currency`.

    `period` numbers the last period that was granted, from `period_starts` to `period_ends`; `step` is how
    many intervals of the plan `period_ends` lies after `anchor_at`. `balance` is the buyer's where it is
    above zero, and owed below. `due_at` is when something is to be done next: nothing else drives it.
    `past_due_since` is when the open period was due; `tries` counts the schedule's tries, not those by hand.
    """

    machines: ClassVar[dict[str, Machine[Any]]] = {"state": SUBSCRIPTION}

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    merchant = models.ForeignKey(
        Merchant, on_delete=models.PROTECT, related_name="subscriptions", db_constraint=False, db_index=False
    )
    book = models.CharField(max_length=8, choices=choices(Book))
    store = models.ForeignKey(
        Store, on_delete=models.PROTECT, related_name="subscriptions", db_constraint=False, db_index=False
    )
    product = models.ForeignKey(
        Product, on_delete=models.PROTECT, related_name="subscriptions", db_constraint=False, db_index=False
    )
    version_id = models.UUIDField()
    quantity = models.IntegerField()
    currency = models.CharField(max_length=5)
    unit_price = models.BigIntegerField()  # of one, for one period
    title = models.CharField(max_length=120)  # what was bought, in the buyer's language

    contact = models.BinaryField()
    contact_key = models.BinaryField(max_length=16)
    buyer_key = models.BinaryField(max_length=16)
    address_key = models.BinaryField(max_length=16)
    language = models.CharField(max_length=10)
    device = models.CharField(max_length=8, choices=choices(Device))
    token = models.CharField(max_length=TOKEN_LENGTH)
    form_key = models.UUIDField()

    state = models.CharField(
        max_length=10, choices=choices(SubscriptionState), default=SubscriptionState.INCOMPLETE
    )
    zone = models.CharField(max_length=40)
    anchor_at = models.DateTimeField(null=True)
    step = models.IntegerField(default=0)
    period = models.IntegerField(default=0)
    period_starts = models.DateTimeField(null=True)
    period_ends = models.DateTimeField(null=True)
    period_value = models.BigIntegerField(default=0)  # what was paid for the whole of it, as it is now
    trial_ends = models.DateTimeField(null=True)
    had_trial = models.BooleanField(default=False)
    balance = models.BigIntegerField(default=0)
    recurring = models.DecimalField(max_digits=20, decimal_places=6, default=0)  # a month's, as it counts now

    cancel_at_end = models.BooleanField(default=False)
    cancel_reason = models.CharField(max_length=200, blank=True, default="")
    pause_at_end = models.BooleanField(default=False)
    resume_at = models.DateTimeField(null=True)
    next_version_id = models.UUIDField(null=True)
    next_quantity = models.IntegerField(null=True)
    next_unit_price = models.BigIntegerField(null=True)

    mandate = models.ForeignKey(
        "subscriptions.Mandate",
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    method = models.CharField(max_length=24)
    due_at = models.DateTimeField(null=True)
    noticed = models.IntegerField(default=0)  # the period of which its buyer was told before
    past_due_since = models.DateTimeField(null=True)
    tries = models.SmallIntegerField(default=0)
    told_tries = models.SmallIntegerField(default=0, db_default=0)  # of those, what was told of
    needs_buyer = models.BooleanField(default=False)  # the bank wants to see the buyer
    hard = models.BooleanField(default=False)  # the bank said never to try this card again

    entitlement_id = models.UUIDField(null=True)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    end_reason = models.CharField(
        max_length=10, choices=choices(EndReason), default=EndReason.NONE, blank=True
    )

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["merchant", "id", "book", "currency"], name="subscription_agreed"
            ),
            models.UniqueConstraint(fields=["token"], name="subscription_token_once"),
            models.UniqueConstraint(fields=["store", "form_key"], name="subscription_form_once"),
            models.UniqueConstraint(
                fields=["product", "buyer_key"], condition=Q(had_trial=True), name="subscription_trial_once"
            ),
            models.CheckConstraint(condition=Q(book__in=list(Book)), name="subscription_book"),
            models.CheckConstraint(condition=Q(device__in=list(Device)), name="subscription_device"),
            models.CheckConstraint(condition=Q(state__in=list(SubscriptionState)), name="subscription_state"),
            models.CheckConstraint(
                condition=Q(end_reason__in=list(EndReason)), name="subscription_end_reason"
            ),
            models.CheckConstraint(condition=Q(quantity__gte=1, unit_price__gt=0), name="subscription_price"),
            models.CheckConstraint(
                condition=Q(next_version_id__isnull=True, next_quantity__isnull=True)
                & Q(next_unit_price__isnull=True)
                | Q(next_version_id__isnull=False, next_quantity__gte=1, next_unit_price__gt=0),
                name="subscription_next_is_whole",
            ),
            # What nobody takes up again would never be charged, and never end.
            models.CheckConstraint(
                condition=~Q(state__in=sorted(MOVED_BY_TIME)) | Q(due_at__isnull=False),
                name="subscription_is_due",
            ),
            models.CheckConstraint(
                condition=Q(state=SubscriptionState.ENDED, ended_at__isnull=False, due_at__isnull=True)
                & ~Q(end_reason=EndReason.NONE)
                | _OPEN & Q(ended_at__isnull=True, end_reason=EndReason.NONE),
                name="subscription_ends_whole",
            ),
            models.CheckConstraint(
                condition=Q(period=0, period_ends__isnull=True)
                | Q(period__gte=1, period_ends__gt=F("period_starts"), anchor_at__isnull=False),
                name="subscription_period",
            ),
            models.CheckConstraint(
                condition=Q(state=SubscriptionState.PAST_DUE, past_due_since__isnull=False)
                | ~Q(state=SubscriptionState.PAST_DUE) & Q(past_due_since__isnull=True),
                name="subscription_past_due",
            ),
            models.CheckConstraint(
                condition=Q(recurring=0)
                | Q(recurring__gt=0, state__in=[SubscriptionState.ACTIVE, SubscriptionState.PAST_DUE]),
                name="subscription_recurring",
            ),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(
                fields=["book", "due_at"], condition=Q(due_at__isnull=False), name="subscription_due"
            ),
            models.Index(fields=["buyer_key", "-id"], name="subscription_of_buyer"),
            models.Index(fields=["merchant", "contact_key"], name="subscription_of_contact"),
            models.Index(fields=["merchant", "state", "-id"], name="subscription_of_state"),
        ]

    def __str__(self) -> str:
        return self.key

    @property
    def key(self) -> str:
        """The subscription's name in the dashboard and the API: `sub_…`."""
        return ids.encode("sub", self.id)

    @property
    def price(self) -> Money:
        """What one period costs before coupons and balance."""
        return Money(self.unit_price * self.quantity, self.currency)
