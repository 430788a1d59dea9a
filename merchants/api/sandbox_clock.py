"""A twin's clock by API: read, and moved forward."""

from datetime import timedelta
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from kernel import clock
from web.api.answers import answer
from web.api.fields import TimestampField, WholeField
from web.api.serializers import Asked, Shown
from web.api.views import Endpoint

from .. import agenda
from ..errors import SandboxOnly
from ..models import Merchant
from ..services import merchants

_MOST = int(merchants.MOST_AHEAD.total_seconds())


class ComingShown(Shown):
    """What happens next of one kind."""

    kind = serializers.CharField(source="code", help_text="For programs.", default="order.expires")
    at = TimestampField(help_text="When it is due, by the sandbox's clock.")


class SandboxClockShown(Shown):
    """What the clock shows."""

    now = TimestampField(help_text="The time in the sandbox.")
    ahead_seconds = serializers.IntegerField(
        min_value=0, help_text="How far it runs ahead of the world's clock."
    )
    coming = ComingShown(many=True, help_text="What waits for a time, the soonest first.")


class SandboxClockAsked(Asked):
    """Exactly one of the two."""

    advance_seconds = WholeField(min_value=1, max_value=_MOST, required=False)
    to = TimestampField(required=False, help_text="What the clock is to show; it never goes back.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """One of the two, and only one."""
        if len(attrs) != 1:
            raise serializers.ValidationError({"advance_seconds": [_("Send either advance_seconds or to.")]})
        return attrs


class SandboxClock(Endpoint):
    """The clock of the sandbox, which can be moved forward."""

    tag = "sandbox"
    noun = "sandbox_clock"
    prefix = "mer"
    shown = SandboxClockShown
    pagination_class = None
    filter_backends = ()

    @extend_schema(summary="Get the sandbox's clock")
    def retrieve(self, request: Request) -> HttpResponse:  # noqa: ARG002
        """What it shows, and what waits for a time. A live key gets 403 `merchants.sandbox_only`."""
        return self._shown(self._twin())

    @extend_schema(
        summary="Move the sandbox's clock forward",
        request=SandboxClockAsked,
        responses={200: SandboxClockShown},
        examples=[
            OpenApiExample("One day", {"advance_seconds": 86_400}, request_only=True),
            OpenApiExample("Until a time", {"to": "2027-03-01T00:00:00Z"}, request_only=True),
        ],
    )
    def advance(self, request: Request) -> HttpResponse:  # noqa: ARG002
        """Orders run out, periods are settled, memberships are renewed: all that is due by then follows
        within seconds. Refused with `merchants.clock_behind` where it shows a later time already, with
        `merchants.clock_too_far` beyond twenty years.
        """
        twin = self._twin()
        asked = self.read(SandboxClockAsked)
        if "to" in asked:
            merchants.set_clock(twin, asked["to"], actor=self.caller.actor)
        else:
            by = timedelta(seconds=asked["advance_seconds"])
            merchants.advance_clock(twin, by, actor=self.caller.actor)
        return self._shown(twin)

    def _twin(self) -> Merchant:
        merchant: Merchant = Merchant.objects.get(pk=self.caller.merchant_id)
        if not merchant.is_sandbox:
            raise SandboxOnly
        return merchant

    def _shown(self, twin: Merchant) -> HttpResponse:
        shows = {
            "now": clock.now(twin),
            "ahead_seconds": int(twin.clock_ahead.total_seconds()),
            "coming": agenda.coming(twin),
        }
        return answer(SandboxClockShown(shows).data)
