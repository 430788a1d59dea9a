"""Mandates: the permissions to charge buyers' kept methods."""

from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from payments.services.baskets import contact_key
from web.api.lists import Filters, IdFilter, filters
from web.api.serializers import Asked
from web.api.views import Endpoint

from ..models import Mandate
from ..services import mandates
from .shapes import MANDATE_STATES, MandateShown


class MandateFilters(Filters):
    """Which mandates are listed."""

    state = filters.ChoiceFilter(choices=[(state, state) for state in MANDATE_STATES])
    subscription = IdFilter("sub", field_name="subscription_id", label="The subscription's id.")
    email = filters.CharFilter(method="of_buyer", max_length=200, label="The buyer's whole e-mail address.")

    def of_buyer(self, rows: QuerySet[Mandate], _name: str, value: str) -> QuerySet[Mandate]:
        """Those of one buyer, found by the fingerprint of the address."""
        return rows.filter(contact_key=contact_key(self.request.user.merchant_id, value))


class MandatesOfBuyers(Endpoint):
    """By which periods are charged without the buyer's doing. They are given on the buyer's own pages."""

    model = Mandate
    prefix = "mnd"
    tag = "subscriptions"
    noun = "mandates"
    shown = MandateShown
    filterset_class = MandateFilters

    @extend_schema(summary="List mandates")
    def list(self, request: Request) -> HttpResponse:  # noqa: ARG002
        """Newest first."""
        return self.page()

    @extend_schema(summary="Get a mandate")
    def retrieve(self, request: Request, id: str) -> HttpResponse:  # noqa: ARG002
        """One mandate, as it stands now."""
        return self.shows(self.one(id))

    @extend_schema(summary="End a mandate", request=None)
    def end(self, request: Request, id: str) -> HttpResponse:  # noqa: ARG002
        """Nothing is charged by it any more, and the channel forgets the method. Periods go on by a link."""
        row = self.one(id)
        self.read(Asked)
        mandates.end(row, actor=self.caller.actor, reason="api")
        return self.shows(self.one(id))
