"""Changes of price: a new version of a plan, offered to those who have an older one."""

from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request

from web.api.answers import answer
from web.api.fields import IdField, TimestampField
from web.api.lists import Filters, IdFilter, filters
from web.api.serializers import Asked, Shown
from web.api.views import Endpoint

from ..models import PriceChange
from ..services import price_changes
from ..states import PriceChangeState
from . import baskets
from .shapes import money_shown

STATES = [state.value for state in PriceChangeState]
_MONEY = {"$ref": "#/components/schemas/Money"}


class PriceChangeShown(Shown):
    """Another price, offered to one subscription. Without its buyer's yes nothing changes."""

    id = IdField("prc")
    subscription = IdField("sub", source="subscription_id")
    plan_version = IdField("plv", source="to_version_id", help_text="What is offered.")
    state = serializers.ChoiceField(STATES, help_text="`lapsed`: the buyer has not answered in time.")
    old_price = serializers.SerializerMethodField()
    new_price = serializers.SerializerMethodField()
    effective_from = TimestampField(help_text="From when on it counts, if the buyer agrees before.")
    offered_at = TimestampField()
    answered_at = TimestampField(allow_null=True)

    @extend_schema_field(_MONEY)
    def get_old_price(self, row: PriceChange) -> Any:
        """What one costs now."""
        return money_shown(row.old_price, row.subscription.currency)

    @extend_schema_field(_MONEY)
    def get_new_price(self, row: PriceChange) -> Any:
        """What one would cost."""
        return money_shown(row.new_price, row.subscription.currency)


class PriceOfferAsked(Asked):
    """The plan whose newest version is offered."""

    plan = IdField("pln")


class PriceOfferShown(Shown):
    """What an offer came to."""

    plan = IdField("pln")
    plan_version = IdField("plv")
    asked = serializers.IntegerField(help_text="Subscriptions whose buyers are asked.")
    taken = serializers.IntegerField(
        help_text="Subscriptions that get it unasked at the end of their period, since it is no dearer."
    )


class PriceChangeFilters(Filters):
    """Which changes are listed."""

    state = filters.ChoiceFilter(choices=[(state, state) for state in STATES])
    subscription = IdFilter("sub", field_name="subscription_id", label="The subscription's id.")
    plan_version = IdFilter("plv", field_name="to_version_id", label="The version that is offered.")


class PriceChanges(Endpoint):
    """A published version is for new subscribers; those who have an older one keep it until they agree."""

    model = PriceChange
    prefix = "prc"
    tag = "subscriptions"
    noun = "price_changes"
    owner = "subscription__merchant_id"
    related = ("subscription",)
    shown = PriceChangeShown
    filterset_class = PriceChangeFilters

    @extend_schema(summary="List changes of price")
    def list(self, request: Request) -> HttpResponse:  # noqa: ARG002
        """Newest first."""
        return self.page()

    @extend_schema(summary="Get a change of price")
    def retrieve(self, request: Request, id: str) -> HttpResponse:  # noqa: ARG002
        """One offer, and how it was answered."""
        return self.shows(self.one(id))

    @extend_schema(
        summary="Offer a plan's newest version", request=PriceOfferAsked, responses={201: PriceOfferShown}
    )
    def create(self, request: Request) -> HttpResponse:  # noqa: ARG002
        """To all who go on with an older version and were not offered this one.

        Buyers for whom it is dearer, or of another period, are asked by mail. Refused with
        `subscriptions.plan_unavailable` where no version is sold.
        """
        newest = baskets.plan_of(self, self.read(PriceOfferAsked)["plan"])
        made = price_changes.offer(newest.version_id, actor=self.caller.actor)
        shown = {
            "plan": newest.plan_id,
            "plan_version": newest.version_id,
            "asked": made.asked,
            "taken": made.taken,
        }
        return answer(PriceOfferShown(shown).data, status=201)
