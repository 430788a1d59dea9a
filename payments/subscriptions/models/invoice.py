"""Invoices: what a period, or a change within one, costs, line by line."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q

from kernel import ids
from kernel.books import Book
from kernel.machine import Machine
from kernel.money import Money
from merchants.models import Merchant
from payments.models import Order
from payments.models.doors import Doors, choices

from ..states import INVOICE, InvoiceKind, InvoiceState
from .subscription import Subscription


class Invoice(Doors):
    """A sum that is owed once. Where it is above zero, one order of the sale asks for it.

    `period` is the period that it grants; null: it grants none. `period_starts` and `period_ends` are meant
    until it is paid, and facts then. `balance_used` was taken from the buyer's balance, or, below zero, put
    there. Minor units.
    """

    machines: ClassVar[dict[str, Machine[Any]]] = {"state": INVOICE}

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    subscription = models.ForeignKey(
        Subscription, on_delete=models.PROTECT, related_name="invoices", db_constraint=False, db_index=False
    )
    merchant = models.ForeignKey(
        Merchant, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    book = models.CharField(max_length=8, choices=choices(Book))
    number = models.IntegerField()  # 1, 2, 3 … of the subscription's
    kind = models.CharField(max_length=8, choices=choices(InvoiceKind))
    state = models.CharField(max_length=4, choices=choices(InvoiceState), default=InvoiceState.OPEN)
    period = models.IntegerField(null=True)
    period_starts = models.DateTimeField(null=True)
    period_ends = models.DateTimeField(null=True)
    version_id = models.UUIDField()
    quantity = models.IntegerField()
    unit_price = models.BigIntegerField()
    lines = models.JSONField()  # [{kind, amount, from, to, quantity, unit_price, version}]
    subtotal = models.BigIntegerField()
    discount = models.BigIntegerField(default=0)
    balance_used = models.BigIntegerField(default=0)
    total = models.BigIntegerField()
    currency = models.CharField(max_length=5)
    order = models.OneToOneField(
        Order, on_delete=models.PROTECT, null=True, related_name="subscription_invoice", db_constraint=False
    )
    created_at = models.DateTimeField()
    due_at = models.DateTimeField()
    paid_at = models.DateTimeField(null=True)
    voided_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["subscription", "number"], name="invoice_number_once"),
            # A renewal is charged once, however often and by whomever it is taken up.
            models.UniqueConstraint(
                fields=["subscription", "period"],
                condition=Q(period__isnull=False) & ~Q(state=InvoiceState.VOID),
                name="invoice_period_once",
            ),
            # What is open is settled before anything else is asked for.
            models.UniqueConstraint(
                fields=["subscription"], condition=Q(state=InvoiceState.OPEN), name="invoice_one_open"
            ),
            models.CheckConstraint(condition=Q(book__in=list(Book)), name="invoice_book"),
            models.CheckConstraint(condition=Q(kind__in=list(InvoiceKind)), name="invoice_kind"),
            models.CheckConstraint(condition=Q(state__in=list(InvoiceState)), name="invoice_state"),
            models.CheckConstraint(
                condition=Q(
                    total=F("subtotal") - F("discount") - F("balance_used"),
                    total__gte=0,
                    discount__gte=0,
                    quantity__gte=1,
                ),
                name="invoice_total",
            ),
            models.CheckConstraint(
                condition=Q(total=0, order__isnull=True) | Q(total__gt=0, order__isnull=False),
                name="invoice_has_order",
            ),
            models.CheckConstraint(
                condition=Q(period__isnull=True, period_ends__isnull=True, kind=InvoiceKind.CHANGE)
                | Q(period__gte=1, period_ends__gt=F("period_starts")),
                name="invoice_period",
            ),
            models.CheckConstraint(
                condition=Q(state=InvoiceState.OPEN, paid_at__isnull=True, voided_at__isnull=True)
                | Q(state=InvoiceState.PAID, paid_at__isnull=False, voided_at__isnull=True)
                | Q(state=InvoiceState.VOID, paid_at__isnull=True, voided_at__isnull=False),
                name="invoice_times",
            ),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["merchant", "-id"], name="invoice_of_merchant"),
        ]

    def __str__(self) -> str:
        return self.key

    @property
    def key(self) -> str:
        """The invoice's name in the dashboard and the API: `inv_…`."""
        return ids.encode("inv", self.id)

    @property
    def sum(self) -> Money:
        """What is to be paid."""
        return Money(self.total, self.currency)
