"""Entitlements: the question that a seller's own software asks, whether somebody is a member."""

from hashlib import sha256
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils.cache import get_conditional_response
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from buyers.keys import EMAIL_MOST, email_key
from kernel import clock
from web.api.answers import answer
from web.api.fields import IdField, TimestampField
from web.api.lists import Filters, IdFilter, filters
from web.api.serializers import Shown
from web.api.views import Endpoint

from ..models import Entitlement
from ..services import entitlement_checks
from ..services.entitlement_checks import Check
from ..states import EntitlementState

STATES = [state.value for state in EntitlementState]


class EntitlementShown(Shown):
    """A buyer's membership, as it stands now. Its key is the buyer's, and never shown here."""

    id = IdField("ent")
    state = serializers.ChoiceField(
        STATES,
        help_text="`grace`: over and not paid yet, and on for some days. `off`: it may come back."
        " `revoked`: it does not.",
    )
    is_on = serializers.BooleanField(help_text="Whether to serve its bearer: `active` or `grace`.")
    product = IdField("prd", source="product_id")
    subscription = IdField("sub", source="subscription_id", allow_null=True)
    quantity = serializers.IntegerField(help_text="For how many it holds.")
    starts_at = TimestampField()
    ends_at = TimestampField(help_text="Until when it is granted.")
    grace_until = TimestampField(
        allow_null=True, help_text="Until when it stays on although the period that is due is not paid."
    )


class EntitlementFilters(Filters):
    """Which entitlements are listed."""

    state = filters.ChoiceFilter(method="of_state", choices=[(state, state) for state in STATES])
    product = IdFilter("prd", field_name="product_id", label="The product's id.")
    email = filters.CharFilter(
        method="of_buyer", max_length=EMAIL_MOST, label="The buyer's whole e-mail address."
    )

    def of_state(self, rows: Any, _name: str, value: str) -> QuerySet[Entitlement]:
        """Those that stand so now, on the merchant's clock."""
        found: QuerySet[Entitlement] = rows.standing(EntitlementState(value), clock.now(self.request.user))
        return found

    def of_buyer(self, rows: QuerySet[Entitlement], _name: str, value: str) -> QuerySet[Entitlement]:
        """Those of one buyer, found by the fingerprint of the address."""
        return rows.filter(buyer_key=email_key(value))


class Entitlements(Endpoint):
    """Who is a member, until when."""

    model = Entitlement
    prefix = "ent"
    tag = "entitlements"
    shown = EntitlementShown
    filterset_class = EntitlementFilters

    @extend_schema(summary="List entitlements")
    def list(self, request: Request) -> HttpResponse:  # noqa: ARG002
        """Newest first."""
        now = clock.now(self.caller)
        checks = [Check.of(row, now) for row in self.cut()]
        return self.listed(EntitlementShown(checks, many=True).data)

    @extend_schema(
        summary="Check an entitlement",
        parameters=[
            OpenApiParameter(
                "id",
                {"type": "string", "minLength": 22, "maxLength": 30},
                OpenApiParameter.PATH,
                description="The key that its buyer has, or its `ent_…`.",
            )
        ],
    )
    def retrieve(self, request: Request, id: str) -> HttpResponse:
        """Whether to serve its bearer now. With its `ETag` in `If-None-Match`, 304 says: as before."""
        check = entitlement_checks.by_key(self.caller.merchant_id, id)
        response = answer(EntitlementShown(check).data)
        response.headers["Cache-Control"] = "private, no-cache"
        tag = f'"{sha256(response.content).hexdigest()[:32]}"'
        response.headers["ETag"] = tag
        found = get_conditional_response(request._request, etag=tag, response=response)
        return found if isinstance(found, HttpResponse) else response
