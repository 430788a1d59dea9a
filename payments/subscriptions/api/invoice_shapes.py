"""How invoices and their lines look by API."""

from datetime import datetime
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from payments.services.addresses import order_url
from web.api.fields import IdField, MoneyField, TimestampField, timestamp
from web.api.serializers import Shown

from ..billing.proration import LineKind
from ..models import Invoice
from ..services.changes import Preview
from ..states import InvoiceKind, InvoiceState
from .shapes import money_shown

INVOICE_STATES = [state.value for state in InvoiceState]
INVOICE_KINDS = [kind.value for kind in InvoiceKind]
LINE_KINDS = [kind.value for kind in LineKind]
_OF_LINE = ("kind", "amount", "quantity", "unit_price")


class InvoiceLineShown(Shown):
    """So much for `quantity` at `unit_price` from one time to another."""

    kind = serializers.ChoiceField(
        LINE_KINDS, help_text="`unused`: time that was paid and is given up. `remaining`: at the new price."
    )
    amount = serializers.IntegerField(help_text="Minor units; below zero: it is given back.")
    starts_at = serializers.CharField(help_text="A time in UTC.")
    ends_at = serializers.CharField(help_text="A time in UTC.")
    quantity = serializers.IntegerField()
    unit_price = serializers.IntegerField(help_text="Of a whole period, in minor units.")


class SubscriptionInvoiceShown(Shown):
    """A sum that is owed once, line by line."""

    id = IdField("inv")
    subscription = IdField("sub", source="subscription_id")
    number = serializers.IntegerField(help_text="1, 2, 3 … of the subscription's.")
    kind = serializers.ChoiceField(INVOICE_KINDS)
    state = serializers.ChoiceField(INVOICE_STATES)
    period = serializers.IntegerField(allow_null=True, help_text="The period that it grants; null: none.")
    period_starts = TimestampField(allow_null=True)
    period_ends = TimestampField(allow_null=True)
    plan_version = IdField("plv", source="version_id")
    quantity = serializers.IntegerField()
    lines = serializers.SerializerMethodField()
    subtotal = serializers.SerializerMethodField()
    discount = serializers.SerializerMethodField()
    balance_used = serializers.SerializerMethodField()
    total = MoneyField(source="sum", help_text="What is paid in money: subtotal - discount - balance_used.")
    order = IdField("ord", source="order_id", allow_null=True)
    checkout_url = serializers.SerializerMethodField()
    created_at = TimestampField()
    due_at = TimestampField()
    paid_at = TimestampField(allow_null=True)
    voided_at = TimestampField(allow_null=True)

    @extend_schema_field(InvoiceLineShown(many=True))
    def get_lines(self, invoice: Invoice) -> Any:
        """The lines as they were written."""
        return lines_shown(invoice.lines)

    @extend_schema_field({"$ref": "#/components/schemas/Money"})
    def get_subtotal(self, invoice: Invoice) -> Any:
        """The sum of the lines."""
        return money_shown(invoice.subtotal, invoice.currency)

    @extend_schema_field({"$ref": "#/components/schemas/Money"})
    def get_discount(self, invoice: Invoice) -> Any:
        """What coupons took off."""
        return money_shown(invoice.discount, invoice.currency)

    @extend_schema_field({"$ref": "#/components/schemas/Money"})
    def get_balance_used(self, invoice: Invoice) -> Any:
        """What the balance paid; below zero: what was put there."""
        return money_shown(invoice.balance_used, invoice.currency)

    @extend_schema_field(
        {
            "type": ["string", "null"],
            "format": "uri",
            "description": "Where the buyer pays it; null: it is not to be paid, or any more.",
        }
    )
    def get_checkout_url(self, invoice: Invoice) -> str | None:
        """Where the buyer pays it."""
        is_open = invoice.state == InvoiceState.OPEN and invoice.order is not None
        return order_url(invoice.order.token) if is_open and invoice.order else None


class SubscriptionInvoicesShown(Shown):
    """A page of invoices."""

    data = SubscriptionInvoiceShown(many=True)  # type: ignore[assignment] # the library sets it aside
    next = serializers.CharField(allow_null=True, help_text="Send it as `cursor`; null: the last page.")


class ChangePreviewShown(Shown):
    """What a change now would cost. Send `due` and `at` back to charge this very sum."""

    lines = InvoiceLineShown(many=True)
    net = MoneyField(help_text="The sum of the lines.")
    due = MoneyField(help_text="What would be charged.")
    balance = MoneyField(help_text="What the buyer's balance would be afterwards.")
    at = TimestampField(help_text="For when it was computed.")
    period_ends = TimestampField(help_text="Until when the period would run.")
    needs_consent = serializers.BooleanField(help_text="It is more than the kept method was agreed for.")
    drops_planned = serializers.BooleanField(
        help_text="Another change waits for the end of the period, and would not be made."
    )


def preview_shown(seen: Preview) -> Any:
    """A preview as the API shows it."""
    lines = lines_shown([line.shown for line in seen.lines])
    values = {name: getattr(seen, name) for name in _OF_PREVIEW}
    return ChangePreviewShown({**values, "lines": lines}).data


_OF_PREVIEW = ("net", "due", "balance", "at", "period_ends", "needs_consent", "drops_planned")


def lines_shown(lines: Any) -> list[dict[str, Any]]:
    """Lines of an invoice or a preview, as they are kept."""
    return [
        {
            **{name: line[name] for name in _OF_LINE},
            "starts_at": timestamp(datetime.fromisoformat(line["from"])),
            "ends_at": timestamp(datetime.fromisoformat(line["to"])),
        }
        for line in lines
    ]
