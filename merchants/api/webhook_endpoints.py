"""Webhook endpoints by API: made, changed, tried out, switched off and on; sending again what was sent."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from kernel.books import Book
from kernel.errors import Invalid
from web.api.answers import answer
from web.api.fields import IdField, TextField, TimestampField, WholeField
from web.api.lists import Filters, filters, id_in
from web.api.serializers import Asked, Shown
from web.api.views import Endpoint as View
from webhooks.models import Delivery, Endpoint
from webhooks.models.endpoint import FILTERS_MOST
from webhooks.services import endpoints, resends, secrets
from webhooks.states import DeliveryState, EndpointState, OffReason

ENDPOINT_STATES = [EndpointState.ENABLED.value, EndpointState.DISABLED.value]
_REASONS = [reason.value for reason in OffReason]
DELIVERY_STATES = [state.value for state in DeliveryState]
_OVERLAP_MOST = 7 * 24 * 3_600
_DAY = 24 * 3_600
_FILTERS_HELP = "Which events it hears of: `order.paid`, all of a family `order.*`, or everything `*`."


class WebhookEndpointShown(Shown):
    """An address of the merchant's own that hears of events."""

    id = IdField("whe", help_text="The endpoint's name, for ever.")
    url = serializers.CharField()
    description = serializers.CharField(allow_blank=True)
    events = serializers.ListField(child=serializers.CharField(), source="topics", help_text=_FILTERS_HELP)
    api_version = serializers.CharField(help_text="The form in which it hears of events.")
    state = serializers.ChoiceField(ENDPOINT_STATES)
    disabled_reason = serializers.ChoiceField(
        _REASONS,
        source="off_reason",
        allow_blank=True,
        help_text="Why it is off; `gone`: it answered 410, `failing`: it accepted nothing for five days.",
    )
    failing_since = TimestampField(allow_null=True, help_text="The first failure after the last success.")
    created_at = TimestampField()


class WebhookSecretShown(WebhookEndpointShown):
    """An endpoint with its new secret: it is told this once."""

    secret = serializers.CharField(help_text="Signs what is sent; keep it, it cannot be read again.")


class _Filters(serializers.ListField):
    child = TextField(max_length=64)


class WebhookEndpointAsked(Asked):
    """A new endpoint."""

    url = TextField(max_length=2000, help_text="Public, and begins with `https://`.")
    description = TextField(max_length=120, required=False, allow_blank=True)
    events = _Filters(min_length=1, max_length=FILTERS_MOST, help_text=_FILTERS_HELP)


class WebhookEndpointChanges(Asked):
    """What is to be changed; the rest stays."""

    url = TextField(max_length=2000, required=False)
    description = TextField(max_length=120, required=False, allow_blank=True)
    events = _Filters(min_length=1, max_length=FILTERS_MOST, required=False, help_text=_FILTERS_HELP)


class RollSecretAsked(Asked):
    """How long the old secret signs beside the new one."""

    overlap_seconds = WholeField(min_value=0, max_value=_OVERLAP_MOST, required=False, default=_DAY)


class ResendAsked(Asked):
    """From when until when."""

    since = TimestampField()
    until = TimestampField(
        required=False,
        help_text="With it, all events of the range are sent, delivered before or not; without, what failed.",
    )


class ResentShown(Shown):
    """How many events are sent again."""

    count = serializers.IntegerField()


class WebhookEndpointFilters(Filters):
    """Which endpoints are listed."""

    state = filters.ChoiceFilter(choices=[(state, state) for state in ENDPOINT_STATES])


EXAMPLE = {"url": "https://example.com/keyway", "events": ["order.paid", "refund.*"]}


@contextmanager
def _named_as_here() -> Iterator[None]:
    """What a service says of `topics` is said of `events`, as the field is called here."""
    try:
        yield
    except Invalid as problem:
        errors = {
            {"topics": "events"}.get(name, name): said for name, said in problem.context["errors"].items()
        }
        raise Invalid(errors=errors) from problem


class WebhookEndpoints(View):
    """Addresses of the merchant's own that hear of events."""

    model = Endpoint
    prefix = "whe"
    tag = "webhooks"
    noun = "webhook_endpoints"
    shown = WebhookEndpointShown
    filterset_class = WebhookEndpointFilters
    calls_out = frozenset({"create", "partial_update"})  # the name of the address is looked up

    def get_queryset(self) -> QuerySet[Any]:
        """The caller's endpoints, without those that were removed."""
        return super().get_queryset().exclude(state=EndpointState.REMOVED)

    @extend_schema(summary="List webhook endpoints")
    def list(self, request: Request) -> HttpResponse:  # noqa: ARG002
        """Newest first."""
        return self.page()

    @extend_schema(summary="Get a webhook endpoint")
    def retrieve(self, request: Request, id: str) -> HttpResponse:  # noqa: ARG002
        """One endpoint, as it stands now."""
        return self.shows(self.one(id))

    @extend_schema(
        summary="Make a webhook endpoint",
        request=WebhookEndpointAsked,
        responses={201: WebhookSecretShown},
        examples=[OpenApiExample("Payments and refunds", EXAMPLE, request_only=True)],
    )
    def create(self, request: Request) -> HttpResponse:  # noqa: ARG002
        """The answer holds the signing secret, this once. Refused with `webhooks.too_many` above 16."""
        asked = self.read(WebhookEndpointAsked)
        with _named_as_here():
            made, secret = endpoints.create(
                *(self.caller.merchant_id, Book(self.caller.book)),
                url=asked["url"],
                filters=asked["events"],
                description=asked.get("description", ""),
                actor=self.caller.actor,
            )
        return self._with_secret(made, secret, status=201)

    @extend_schema(summary="Change a webhook endpoint", request=WebhookEndpointChanges)
    def partial_update(self, request: Request, id: str) -> HttpResponse:  # noqa: ARG002
        """From the next event on."""
        endpoint = self.one(id)
        asked = self.read(WebhookEndpointChanges)
        with _named_as_here():
            endpoints.change(
                endpoint,
                url=asked.get("url", endpoint.url),
                filters=asked.get("events", endpoint.topics),
                description=asked.get("description", endpoint.description),
                actor=self.caller.actor,
            )
        return self.shows(self.one(id))

    @extend_schema(summary="Switch a webhook endpoint off", request=None)
    def disable(self, request: Request, id: str) -> HttpResponse:  # noqa: ARG002
        """Nothing more is sent to it; what waits is given up and can be sent again."""
        endpoint = self.one(id)
        self.read(Asked)
        if endpoint.is_enabled:
            endpoints.disable(endpoint, OffReason.MERCHANT, actor=self.caller.actor)
        return self.shows(self.one(id))

    @extend_schema(summary="Switch a webhook endpoint on", request=None)
    def enable(self, request: Request, id: str) -> HttpResponse:  # noqa: ARG002
        """It hears of what happens from now on."""
        endpoint = self.one(id)
        self.read(Asked)
        if not endpoint.is_enabled:
            endpoints.enable(endpoint, actor=self.caller.actor)
        return self.shows(self.one(id))

    @extend_schema(summary="Remove a webhook endpoint", request=None)
    def remove(self, request: Request, id: str) -> HttpResponse:  # noqa: ARG002
        """It is shown as it was, and is gone after this."""
        endpoint = self.one(id)
        self.read(Asked)
        last = self.shows(endpoint)
        endpoints.remove(endpoint, actor=self.caller.actor)
        return last

    @extend_schema(summary="Send a test event", request=None)
    def ping(self, request: Request, id: str) -> HttpResponse:  # noqa: ARG002
        """A `webhook.ping` comes to this endpoint, whatever its filters."""
        endpoint = self.one(id)
        self.read(Asked)
        endpoints.ping(endpoint, actor=self.caller.actor)
        return self.shows(endpoint)

    @extend_schema(
        summary="Make a new signing secret", request=RollSecretAsked, responses={200: WebhookSecretShown}
    )
    def roll_secret(self, request: Request, id: str) -> HttpResponse:  # noqa: ARG002
        """The old one signs beside it for a day, unless another overlap is asked for."""
        endpoint = self.one(id)
        asked = self.read(RollSecretAsked)
        overlap = timedelta(seconds=asked["overlap_seconds"])
        return self._with_secret(
            endpoint, secrets.roll(endpoint, overlap=overlap, actor=self.caller.actor), status=200
        )

    @extend_schema(summary="Send events again", request=ResendAsked, responses={200: ResentShown})
    def resend(self, request: Request, id: str) -> HttpResponse:  # noqa: ARG002
        """What failed since then, or with `until` all that happened in the range; at most 10,000 at once."""
        endpoint = self.one(id)
        asked = self.read(ResendAsked)
        if "until" in asked:
            count = resends.replay(endpoint, **asked, actor=self.caller.actor)
        else:
            count = resends.failed(endpoint, since=asked["since"], actor=self.caller.actor)
        return answer(ResentShown({"count": count}).data)

    def _with_secret(self, endpoint: Endpoint, secret: str, *, status: int) -> HttpResponse:
        row = self.one(endpoint.key)
        row.secret = secret
        return answer(WebhookSecretShown(row).data, status=status)


class WebhookDeliveryShown(Shown):
    """One event on its way to one endpoint."""

    id = IdField("whd")
    endpoint = IdField("whe", source="endpoint_id")
    event = IdField("evt", source="event_id")
    type = serializers.CharField(source="topic")
    state = serializers.ChoiceField(DELIVERY_STATES, help_text="`dead` was given up; it can be sent again.")
    attempts = serializers.IntegerField()
    status = serializers.IntegerField(allow_null=True, help_text="What the last attempt was answered.")
    error = serializers.CharField(allow_blank=True, help_text="Or why it was not.")
    created_at = TimestampField()
    ended_at = TimestampField(allow_null=True)


class WebhookDeliveryFilters(Filters):
    """Which deliveries are listed."""

    endpoint = filters.CharFilter(method="of_endpoint", max_length=40, label="The endpoint's id.")
    state = filters.ChoiceFilter(choices=[(state, state) for state in DELIVERY_STATES])

    def of_endpoint(self, rows: QuerySet[Delivery], _name: str, value: str) -> QuerySet[Delivery]:
        """Those to one endpoint."""
        return rows.filter(endpoint_id=id_in("whe", value, parameter="endpoint"))


class WebhookDeliveries(View):
    """Events on their way to endpoints."""

    model = Delivery
    prefix = "whd"
    tag = "webhooks"
    noun = "webhook_deliveries"
    owner = "endpoint__merchant_id"
    shown = WebhookDeliveryShown
    filterset_class = WebhookDeliveryFilters

    @extend_schema(summary="List webhook deliveries")
    def list(self, request: Request) -> HttpResponse:  # noqa: ARG002
        """Newest events first."""
        return self.page()

    @extend_schema(summary="Get a webhook delivery")
    def retrieve(self, request: Request, id: str) -> HttpResponse:  # noqa: ARG002
        """One delivery, as it stands now."""
        return self.shows(self.one(id))

    @extend_schema(summary="Send an event again", request=None)
    def resend(self, request: Request, id: str) -> HttpResponse:  # noqa: ARG002
        """The endpoint gets the same bytes again, now."""
        delivery = self.one(id)
        self.read(Asked)
        resends.one(delivery, actor=self.caller.actor)
        return self.shows(self.one(id))
