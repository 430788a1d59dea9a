"""Payments: the attempts to pay an order. They are opened with the order, and by the buyer."""

from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from web.api.lists import Filters, IdFilter, filters, id_in
from web.api.views import Endpoint

from ..models import Payment
from .shapes import ATTEMPT_STATES, USES, PaymentShown


class PaymentFilters(Filters):
    """Which payments are listed."""

    order = IdFilter("ord", field_name="order_id", label="The order's id.")
    state = filters.ChoiceFilter(choices=[(state, state) for state in ATTEMPT_STATES])
    use = filters.ChoiceFilter(choices=[(use, use) for use in USES])


class Payments(Endpoint):
    """The attempts to pay, by order: the newest order first, and of each the latest attempt first."""

    model = Payment
    prefix = "pay"
    tag = "payments"
    # By the orders' own index: the table of payments has none that begins with a merchant.
    owner = "order__merchant_id"
    order = ("-order_id", "-ordinal")
    shown = PaymentShown
    filterset_class = PaymentFilters

    @extend_schema(summary="List payments")
    def list(self, request: Request) -> HttpResponse:  # noqa: ARG002
        """The newest order first."""
        return self.page()

    @extend_schema(summary="Get a payment")
    def retrieve(self, request: Request, id: str) -> HttpResponse:  # noqa: ARG002
        """One payment, as it stands now."""
        return self.shows(self.one(id))

    def after(self, rows: QuerySet[Any], cursor: str) -> QuerySet[Any]:
        """Behind the payment that the cursor names."""
        at = self.mine(Payment).filter(pk=id_in("pay", cursor, parameter="cursor")).first()
        if at is None:
            raise serializers.ValidationError({"cursor": [_("There is no such object.")]})
        return rows.filter(Q(order_id__lt=at.order_id) | Q(order_id=at.order_id, ordinal__lt=at.ordinal))
