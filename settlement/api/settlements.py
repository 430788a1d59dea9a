"""Settlements: the statements of past periods, line by line, and as files."""

from typing import Any

from django.http import HttpResponse, StreamingHttpResponse
from django.utils import translation
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request

from kernel import ids
from web.api.answers import answer
from web.api.fields import IdField, MoneyField, TimestampField, id_schema, pattern_of
from web.api.lists import Filters, filters, id_in, limit_of
from web.api.serializers import Shown
from web.api.views import Endpoint

from .. import exports
from ..lines import Category, Line
from ..models import Statement
from ..services import statements
from ..states import Carried, Outcome

_OUTCOMES = {"open": Outcome.OPEN, "payout": Outcome.DRAFTED, "carried": Outcome.CARRIED}
_SAID = {outcome: name for name, outcome in _OUTCOMES.items()}
CATEGORIES = [each.value for each in Category]
_CARRIED = [why.value for why in Carried]


class SettlementShown(Shown):
    """What came and went between two closes. closing = opening + the six sums; the database keeps it so."""

    id = IdField("stm")
    number = serializers.CharField(source="title", help_text="What people read out: `CNY-0007`.")
    currency = serializers.CharField()
    begins_at = TimestampField(allow_null=True, help_text="null: the first one, from the beginning.")
    ends_at = TimestampField(source="upto")
    opening = serializers.SerializerMethodField()
    sales = serializers.SerializerMethodField()
    refunds = serializers.SerializerMethodField()
    fees = serializers.SerializerMethodField()
    adjustments = serializers.SerializerMethodField()
    disputes = serializers.SerializerMethodField()
    payouts = serializers.SerializerMethodField()
    closing = serializers.SerializerMethodField()
    lines = serializers.IntegerField(source="entries", help_text="How many there are.")
    outcome = serializers.SerializerMethodField()
    carried_because = serializers.SerializerMethodField()
    payout = serializers.SerializerMethodField()
    csv_url = serializers.SerializerMethodField()
    created_at = TimestampField()

    @extend_schema_field({"$ref": "#/components/schemas/Money"})
    def get_opening(self, row: Statement) -> Any:
        """The figure."""
        return _figure(row, "opening")

    @extend_schema_field({"$ref": "#/components/schemas/Money"})
    def get_sales(self, row: Statement) -> Any:
        """The figure."""
        return _figure(row, "sales")

    @extend_schema_field({"$ref": "#/components/schemas/Money"})
    def get_refunds(self, row: Statement) -> Any:
        """The figure."""
        return _figure(row, "refunds")

    @extend_schema_field({"$ref": "#/components/schemas/Money"})
    def get_fees(self, row: Statement) -> Any:
        """The figure."""
        return _figure(row, "fees")

    @extend_schema_field({"$ref": "#/components/schemas/Money"})
    def get_adjustments(self, row: Statement) -> Any:
        """The figure."""
        return _figure(row, "adjustments")

    @extend_schema_field({"$ref": "#/components/schemas/Money"})
    def get_disputes(self, row: Statement) -> Any:
        """The figure."""
        return _figure(row, "disputes")

    @extend_schema_field({"$ref": "#/components/schemas/Money"})
    def get_payouts(self, row: Statement) -> Any:
        """The figure."""
        return _figure(row, "payouts")

    @extend_schema_field({"$ref": "#/components/schemas/Money"})
    def get_closing(self, row: Statement) -> Any:
        """The figure."""
        return _figure(row, "closing")

    @extend_schema_field(
        {
            "type": "string",
            "enum": list(_OUTCOMES),
            "description": "What became of the closing balance: a `payout`, or `carried` to the next one.",
        }
    )
    def get_outcome(self, row: Statement) -> str:
        """In a word."""
        return _SAID[Outcome(row.outcome)]

    @extend_schema_field({"type": ["string", "null"], "enum": [*_CARRIED, None]})
    def get_carried_because(self, row: Statement) -> Any:
        """Why it was carried."""
        return row.carried or None

    @extend_schema_field({**id_schema("po"), "type": ["string", "null"]})
    def get_payout(self, row: Statement) -> Any:
        """What was made of it."""
        payout = getattr(row, "payout", None)
        return payout.request_no if payout else None

    @extend_schema_field({"type": "string", "format": "uri-reference", "description": "The same as a file."})
    def get_csv_url(self, row: Statement) -> str:
        """Where the file is."""
        return f"/api/v1/settlements/{row.key}/csv"


class SettlementLineShown(Shown):
    """One line of a settlement: an entry of the ledger."""

    id = IdField("ent", source="entry_id")
    category = serializers.ChoiceField(CATEGORIES, help_text="Under which sum it counts.")
    kind = serializers.CharField()
    subject = serializers.CharField(help_text="The payment, refund or payout that it is about; may be empty.")
    order = serializers.CharField(help_text="May be empty.")
    reference = serializers.CharField()
    amount = MoneyField()
    occurred_at = TimestampField()
    available_at = TimestampField()


class SettlementLinesShown(Shown):
    """A page of lines."""

    data = SettlementLineShown(many=True)  # type: ignore[assignment] # the library sets it aside
    next = serializers.CharField(
        allow_null=True, help_text="Send it as `cursor`; null: this is the last page."
    )


class SettlementFilters(Filters):
    """Which settlements are listed."""

    currency = filters.CharFilter(max_length=8)
    outcome = filters.ChoiceFilter(choices=[(name, name) for name in _OUTCOMES], method="of_outcome")

    def of_outcome(self, rows: Any, _name: str, value: str) -> Any:
        """By what became of the balance."""
        return rows.filter(outcome=_OUTCOMES[value])


class Settlements(Endpoint):
    """Statements of past periods."""

    model = Statement
    prefix = "stm"
    tag = "settlements"
    related = ("payout",)
    shown = SettlementShown
    filterset_class = SettlementFilters
    parameters = {"lines": ("cursor", "limit")}  # noqa: RUF012

    @extend_schema(summary="List settlements")
    def list(self, request: Request) -> HttpResponse:  # noqa: ARG002
        """Newest first."""
        return self.page()

    @extend_schema(summary="Get a settlement")
    def retrieve(self, request: Request, id: str) -> HttpResponse:  # noqa: ARG002
        """One settlement."""
        return self.shows(self.one(id))

    @extend_schema(
        summary="List the lines of a settlement",
        responses=SettlementLinesShown,
        filters=False,
        parameters=[
            OpenApiParameter(
                "cursor",
                {"type": "string", "pattern": pattern_of("ent")},
                description="`next` of the page before.",
            ),
            OpenApiParameter("limit", {"type": "integer", "minimum": 1, "maximum": 100, "default": 25}),
        ],
    )
    def lines(self, request: Request, id: str) -> HttpResponse:
        """Oldest first, by when they count. Their sum is closing minus opening."""
        statement: Statement = self.one(id)
        cursor = request.query_params.get("cursor", "")
        after = str(id_in("ent", cursor, parameter="cursor")) if cursor else ""
        rows, following = statements.page(statement, after=after, count=limit_of(request))
        return answer({"data": SettlementLineShown(rows, many=True).data, "next": _next(rows, following)})

    @extend_schema(
        summary="Get a settlement as CSV", responses={(200, "text/csv"): OpenApiTypes.STR}, filters=False
    )
    def csv(self, request: Request, id: str) -> StreamingHttpResponse:  # noqa: ARG002
        """The figures and every line, in the caller's language; the same file as in the dashboard."""
        statement: Statement = self.one(id)
        language = translation.get_language()

        def spoken() -> Any:
            with translation.override(language):
                yield from exports.csv(statement)

        response = StreamingHttpResponse(spoken(), content_type="text/csv; charset=utf-8")
        response.headers["Content-Disposition"] = (
            f'attachment; filename="{exports.filename(statement, "csv")}"'
        )
        response.headers["Cache-Control"] = "no-store"
        return response


def _figure(row: Statement, name: str) -> dict[str, Any]:
    money = row.money(name)
    return {"amount": money.amount, "currency": money.currency}


def _next(rows: "list[Line]", following: str) -> str | None:
    return ids.encode("ent", rows[-1].entry_id) if following else None
