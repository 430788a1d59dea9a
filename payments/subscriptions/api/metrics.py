"""Recurring revenue by API: what it is, why it moved, who was lost, which trials were paid for."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from kernel import clock
from web.api.answers import answer
from web.api.fields import TimestampField
from web.api.serializers import Shown
from web.api.views import Endpoint

from .. import revenue
from ..metrics import WINDOW
from ..models import RecurringChange
from ..revenue import Bridge
from ..states import RecurringKind

_RATE = Decimal("0.000001")


class BridgeShown(Shown):
    """How MRR came from one moment to another. Minor units with six decimals: `opening` and the five parts
    add up to `closing` exactly.
    """

    currency = serializers.CharField()
    opening = serializers.CharField(help_text="MRR at `from`: `1583.333333`, minor units.")
    new = serializers.CharField(help_text="Subscriptions that were never paid for before.")
    expansion = serializers.CharField(help_text="Dearer plans and larger quantities.")
    contraction = serializers.CharField(help_text="Cheaper plans and smaller quantities; zero or below.")
    churn = serializers.CharField(help_text="What ended or was paused; zero or below.")
    reactivation = serializers.CharField(help_text="What came back.")
    closing = serializers.CharField(help_text="MRR at `to`.")


class ChurnShown(Shown):
    """Who was lost."""

    began = serializers.IntegerField(help_text="Subscriptions that counted at `from`.")
    lost = serializers.IntegerField(help_text="Those of them that do not count at `to`.")
    rate = serializers.CharField(allow_null=True, help_text="The share; null: there was nobody to lose.")


class TrialsShown(Shown):
    """What became of trials."""

    ended = serializers.IntegerField(help_text="Trials whose end fell into the time.")
    converted = serializers.IntegerField(help_text="Those of them that were paid for.")
    rate = serializers.CharField(allow_null=True, help_text="The share; null: none ended.")


class RecurringRevenueShown(Shown):
    """Monthly recurring revenue: active and past due subscriptions by the month, trials and pauses not."""

    from_ = TimestampField()
    to = TimestampField()
    currencies = BridgeShown(many=True)
    churn = ChurnShown()
    trials = TrialsShown()

    def get_fields(self) -> Any:
        """`from` is a word of the language, so the field is called otherwise here."""
        fields = super().get_fields()
        return {name.removesuffix("_"): field for name, field in fields.items()}


_TIMES = [
    OpenApiParameter(name, {"type": "string", "format": "date-time"}, description=text, required=False)
    for name, text in (("from", "Without it: 30 days before `to`."), ("to", "Without it: now."))
]


class Metrics(Endpoint):
    """Figures of a merchant's memberships."""

    model = RecurringChange
    prefix = "rec"
    tag = "subscriptions"
    noun = "metrics"
    shown = RecurringRevenueShown
    pagination_class = None
    filter_backends = ()
    parameters = {"recurring": ("from", "to")}  # noqa: RUF012

    @extend_schema(summary="Get recurring revenue", responses={200: RecurringRevenueShown}, parameters=_TIMES)
    def recurring(self, request: Request) -> HttpResponse:
        """MRR and its bridge from one moment to another, by currency; churn and trial conversion."""
        end = _moment(request, "to") or clock.now(self.caller)
        begin = _moment(request, "from") or end - WINDOW
        if begin >= end:
            raise serializers.ValidationError({"from": [_("It must be before the end.")]})
        book, merchant_id = self.caller.book, self.caller.merchant_id
        bridges = revenue.bridge(book, begin, end, merchant_id=merchant_id)
        churn = revenue.churn(book, begin, end, merchant_id=merchant_id)
        trials = revenue.trials(book, begin, end, merchant_id=merchant_id)
        shown = {
            "from": begin,
            "to": end,
            "currencies": [_bridge(currency, each) for currency, each in bridges.items()],
            "churn": {"began": churn.began, "lost": churn.lost, "rate": _rate(churn.rate)},
            "trials": {"ended": trials.ended, "converted": trials.converted, "rate": _rate(trials.rate)},
        }
        return answer(RecurringRevenueShown(shown).data)


def _bridge(currency: str, bridge: Bridge) -> dict[str, str]:
    parts = {kind.value: _figure(bridge.moves.get(kind, Decimal(0))) for kind in RecurringKind}
    return {
        "currency": currency,
        "opening": _figure(bridge.opening),
        "closing": _figure(bridge.closing),
        **parts,
    }


def _figure(value: Decimal) -> str:
    return f"{value:.6f}"


def _rate(value: Decimal | None) -> str | None:
    return None if value is None else str(value.quantize(_RATE))


def _moment(request: Request, name: str) -> datetime | None:
    """A time in a parameter. Raises ValidationError."""
    text = request.query_params.get(name, "")
    if not text:
        return None
    try:
        return TimestampField().to_internal_value(text)
    except serializers.ValidationError as error:
        raise serializers.ValidationError({name: error.detail}) from error
