"""Invoices of subscriptions: what each period, or a change within one, came to."""

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from web.api.lists import Filters, IdFilter, filters
from web.api.views import Endpoint

from ..models import Invoice
from .invoice_shapes import INVOICE_KINDS, INVOICE_STATES, SubscriptionInvoiceShown


class InvoiceFilters(Filters):
    """Which invoices are listed."""

    state = filters.ChoiceFilter(choices=[(state, state) for state in INVOICE_STATES])
    kind = filters.ChoiceFilter(choices=[(kind, kind) for kind in INVOICE_KINDS])
    subscription = IdFilter("sub", field_name="subscription_id", label="The subscription's id.")


class Invoices(Endpoint):
    """What was asked for, line by line."""

    model = Invoice
    prefix = "inv"
    tag = "subscriptions"
    noun = "invoices"
    related = ("order",)
    shown = SubscriptionInvoiceShown
    filterset_class = InvoiceFilters

    @extend_schema(summary="List invoices")
    def list(self, request: Request) -> HttpResponse:  # noqa: ARG002
        """Newest first."""
        return self.page()

    @extend_schema(summary="Get an invoice")
    def retrieve(self, request: Request, id: str) -> HttpResponse:  # noqa: ARG002
        """One invoice, as it stands now."""
        return self.shows(self.one(id))
