"""Refunds: money that goes back, whole or in parts."""

from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from web.api.errors import ObjectMissing
from web.api.fields import IdField, MoneyField, TextField
from web.api.lists import Filters, IdFilter, filters
from web.api.serializers import Asked
from web.api.views import Endpoint

from ..errors import NotRefundable
from ..models import Order, Payment, Refund
from ..services import refunds
from ..states import Use
from .shapes import REFUND_KINDS, REFUND_STATES, RefundShown


class RefundAsked(Asked):
    """What goes back, of which payment, and why."""

    order = IdField("ord", required=False, help_text="The order whose payment it is.")
    payment = IdField("pay", required=False, help_text="Or the payment itself.")
    amount = MoneyField(required=False, help_text="Without one, all that is left.")
    reason = TextField(max_length=200, help_text="Kept with the refund, and shown to the channel.")

    def validate(self, attrs: Any) -> Any:
        """One of the two names what is refunded."""
        if ("order" in attrs) == ("payment" in attrs):
            raise serializers.ValidationError({"order": [_("Name the order or the payment.")]})
        return attrs


class RefundFilters(Filters):
    """Which refunds are listed."""

    order = IdFilter("ord", field_name="order_id", label="The order's id.")
    payment = IdFilter("pay", field_name="payment_id", label="The payment's id.")
    state = filters.ChoiceFilter(choices=[(state, state) for state in REFUND_STATES])
    kind = filters.ChoiceFilter(choices=[(kind, kind) for kind in REFUND_KINDS])


EXAMPLE = {
    "order": "ord_01jdb6yb8wfcz9yjjwdnyrz2gb",
    "amount": {"amount": 500, "currency": "CNY"},
    "reason": "Half of it did not work.",
}


class Refunds(Endpoint):
    """Money that goes back."""

    model = Refund
    prefix = "rfd"
    tag = "refunds"
    shown = RefundShown
    filterset_class = RefundFilters
    asks_for_key = frozenset({"create"})
    calls_out = frozenset({"create"})

    @extend_schema(summary="List refunds")
    def list(self, request: Request) -> HttpResponse:  # noqa: ARG002
        """Newest first."""
        return self.page()

    @extend_schema(summary="Get a refund")
    def retrieve(self, request: Request, id: str) -> HttpResponse:  # noqa: ARG002
        """One refund, as it stands now."""
        return self.shows(self.one(id))

    @extend_schema(
        summary="Refund money",
        request=RefundAsked,
        responses={201: RefundShown},
        examples=[OpenApiExample("A part", EXAMPLE, request_only=True)],
    )
    def create(self, request: Request) -> HttpResponse:  # noqa: ARG002
        """The money is set aside at once and the channel is asked. `state` says whether it is done.

        After a time-out repeat it under the same Idempotency-Key: it never goes back twice. Refused with
        `payments.refund_too_large`, `payments.not_refundable`, `payments.disputed` (the buyer's bank has
        the money) or `ledger.balance_too_low`.
        """
        asked = self.read(RefundAsked)
        payment = self._payment(asked)
        amount = asked.get("amount") or payment.refundable
        if amount.currency != payment.currency:
            wrong = _("The payment is in {currency}.").format(currency=payment.currency)
            raise serializers.ValidationError({"amount": {"currency": [wrong]}})
        made = refunds.book(
            payment=payment,
            amount=amount,
            reason=asked["reason"],
            actor=self.caller.actor,
            form_key=self.claim_id,
        )
        return self.shows(self.get_queryset().get(pk=made.pk), status=201)

    def _payment(self, asked: dict[str, Any]) -> Payment:
        """The payment that is meant. Raises ValidationError, NotRefundable."""
        if "payment" in asked:
            found = self.mine(Payment).filter(pk=asked["payment"]).first()
            if found is None:
                raise ObjectMissing("payment")
            return found  # type: ignore[no-any-return]
        if not self.mine(Order).filter(pk=asked["order"]).exists():
            raise ObjectMissing("order")
        applied: Payment | None = self.mine(Payment).filter(order_id=asked["order"], use=Use.APPLIED).first()
        if applied is None:
            raise NotRefundable
        return applied
