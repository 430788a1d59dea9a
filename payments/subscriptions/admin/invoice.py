"""Invoices of subscriptions."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from kernel import ids
from web.backoffice import Reading, by, display, link, money, of, pill, table

from ..models import Invoice
from ..pages.facts import lines_of


@admin.register(Invoice)
class InvoiceAdmin(Reading):
    """Invoices, to be read, line by line."""

    prefix = "inv"
    list_display = ("key", "subscription_link", "merchant", "kind_label", "state_label", "amount", "due_at")
    list_select_related = ("merchant", "order")
    list_filter = (
        by("state", "invoice", _("state")),
        by("kind", "invoice_kind", _("kind")),
        by("book", "book", _("book")),
    )
    search_help_text = _("inv_…, sub_…, mer_… or ord_…")
    fields = readonly_fields = (
        *("key", "subscription_link", "merchant", "kind_label", "state_label", "number", "period"),
        *("period_starts", "period_ends", "lines_shown", "amount", "order_link", "created_at", "due_at"),
        *("paid_at", "voided_at"),
    )

    def find(self, queryset: QuerySet[Any], term: str) -> QuerySet[Any]:
        return of(queryset, term, sub="subscription", mer="merchant", ord="order")

    @display(description=_("Subscription"))
    def subscription_link(self, invoice: Invoice) -> SafeString | str:
        key = invoice.subscription_id
        return link("subscriptions_subscription", key, ids.encode("sub", key))

    @display(description=_("Order"))
    def order_link(self, invoice: Invoice) -> SafeString | str:
        return link("payments_order", invoice.order.pk, invoice.order.number) if invoice.order else "–"

    @display(description=_("Kind"))
    def kind_label(self, invoice: Invoice) -> SafeString | str:
        return pill("invoice_kind", invoice.kind)

    @display(description=_("State"))
    def state_label(self, invoice: Invoice) -> SafeString | str:
        return pill("invoice", invoice.state)

    @display(description=_("Amount"))
    def amount(self, invoice: Invoice) -> str:
        return money(invoice.sum)

    @display(description=_("Lines"))
    def lines_shown(self, invoice: Invoice) -> SafeString:
        return table((_("Line"), _("Amount")), [(name, money(sum_)) for name, sum_ in lines_of(invoice)])
