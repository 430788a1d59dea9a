"""Payouts: money on its way to the bank. The cycle drafts them, operators approve them."""

from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request

from web.api.fields import IdField, MoneyField, TimestampField
from web.api.lists import Filters, filters
from web.api.serializers import Shown
from web.api.views import Endpoint

from ..models import Payout
from ..states import PayoutState

STATES = [state.value for state in PayoutState]
_BANK = {
    "type": "object",
    "required": ["bank", "last_four"],
    "properties": {"bank": {"type": "string"}, "last_four": {"type": "string", "example": "0001"}},
}


class PayoutShown(Shown):
    """What a settlement's balance became."""

    id = IdField("po", help_text="Also the number at the bank, for life.")
    settlement = IdField("stm", source="statement_id")
    state = serializers.ChoiceField(
        STATES,
        help_text="`unknown`: the bank has not said; it is asked under the same number until it does.",
    )
    amount = MoneyField(source="money")
    bank_account = serializers.SerializerMethodField()
    reason = serializers.CharField(help_text="Why it was refused or called off; else empty.")
    code = serializers.CharField(help_text="What the bank said, in its own code; else empty.")
    drafted_at = TimestampField()
    approved_at = TimestampField(source="second_approved_at", allow_null=True)
    sent_at = TimestampField(allow_null=True)
    paid_at = TimestampField(allow_null=True)
    concluded_at = TimestampField(allow_null=True)

    @extend_schema_field(_BANK)
    def get_bank_account(self, row: Payout) -> Any:
        """Where it goes; the number itself is never told."""
        return {"bank": row.bank_account.bank, "last_four": row.bank_account.last_four}


class PayoutFilters(Filters):
    """Which payouts are listed."""

    state = filters.ChoiceFilter(choices=[(state, state) for state in STATES])
    currency = filters.CharFilter(max_length=8)


class Payouts(Endpoint):
    """Money on its way to the merchant's bank."""

    model = Payout
    prefix = "po"
    tag = "payouts"
    related = ("bank_account",)
    shown = PayoutShown
    filterset_class = PayoutFilters

    @extend_schema(summary="List payouts")
    def list(self, request: Request) -> HttpResponse:  # noqa: ARG002
        """Newest first."""
        return self.page()

    @extend_schema(summary="Get a payout")
    def retrieve(self, request: Request, id: str) -> HttpResponse:  # noqa: ARG002
        """One payout, as it stands now."""
        return self.shows(self.one(id))
