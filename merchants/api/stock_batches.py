"""Imports of stock: keys come in, a dry run looks at them, a worker imports them; undone while unsold."""

from typing import Any

from django.db.models import Sum
from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request

from web.api.errors import ObjectMissing
from web.api.fields import FlagField, IdField, TextField, TimestampField, WholeField
from web.api.lists import Filters, IdFilter, filters
from web.api.serializers import Asked, Shown
from web.api.views import Endpoint

from ..lines import Layout
from ..models import Product, StockBatch, UploadChunk
from ..services import dryruns, imports, undoing, uploads, wake
from ..states import BatchSource, BatchState

STATES = [state.value for state in BatchState]
_SOURCES = [source.value for source in BatchSource]
_BODY_MOST = 16 * 1024 * 1024
_EXAMPLES = {
    "type": "array",
    "description": "Some of the lines that will not be imported. The keys themselves are never shown.",
    "items": {
        "type": "object",
        "required": ["line", "kind", "why"],
        "properties": {
            "line": {"type": "integer", "description": "Counted from 1."},
            "kind": {
                "type": "string",
                "enum": ["malformed", "repeated", "known"],
                "description": "No key; there before in the same upload; in stock already.",
            },
            "why": {
                "type": "string",
                "description": "For `malformed`: `too_long`, `control`, `column`, `quotes`.",
            },
        },
    },
}


class BatchShown(Shown):
    """An import, from the upload to the last key. Counts are of lines unless they say keys."""

    id = IdField("imp")
    product = IdField("prd", source="product_id")
    state = serializers.ChoiceField(
        STATES,
        help_text="`received` → `checked` (the dry run is done) → `importing` → `imported`; → `undoing` → "
        "`undone`, or `cancelled`.",
    )
    source = serializers.ChoiceField(_SOURCES)  # type: ignore[assignment] # the library sets it aside
    lines = serializers.IntegerField()
    blank = serializers.IntegerField()
    malformed = serializers.IntegerField()
    repeated = serializers.IntegerField(help_text="There before in the same upload.")
    known = serializers.IntegerField(help_text="In stock already.")
    importable = serializers.IntegerField(help_text="Keys that an import brings, by the dry run.")
    imported = serializers.IntegerField(help_text="Keys that are imported so far.")
    voided = serializers.IntegerField(help_text="Keys that undoing took off the shelf.")
    progress = serializers.SerializerMethodField()
    examples = serializers.SerializerMethodField()
    created_at = TimestampField()
    started_at = TimestampField(allow_null=True)
    finished_at = TimestampField(allow_null=True)

    @extend_schema_field({"type": "integer", "minimum": 0, "maximum": 100, "description": "In per cent."})
    def get_progress(self, batch: StockBatch) -> int:
        """How much of the upload is imported."""
        return 100 * batch.chunks_done // batch.chunks if batch.chunks else 0

    @extend_schema_field(_EXAMPLES)
    def get_examples(self, batch: StockBatch) -> Any:
        """Where to look, without what stands there."""
        found = dryruns.findings(batch)
        bad = [{"line": line, "kind": "malformed", "why": why} for line, why, _text in found.bad]
        repeated = [{"line": line, "kind": "repeated", "why": ""} for line, _text in found.repeated]
        known = [{"line": line, "kind": "known", "why": ""} for line, _text in found.known]
        return bad + repeated + known


@extend_schema_field({"type": "array", "items": {"type": "string"}, "minItems": 1})
class Keys(serializers.Field[Any, Any, Any, Any]):
    """A list of keys, each without a line break."""

    default_error_messages = {  # noqa: RUF012
        "shape": _("Send a list of texts, each without a line break."),
    }

    def to_internal_value(self, data: Any) -> str:
        """The keys, one a line."""
        if not isinstance(data, list) or not data or not all(isinstance(one, str) for one in data):
            self.fail("shape")
        if any("\n" in one or "\r" in one for one in data):
            self.fail("shape")
        return "\n".join(data)

    def to_representation(self, value: Any) -> Any:
        """Keys are never shown."""
        return value


class BatchAsked(Asked):
    """Keys to import: a list, or a text as it stands in a file."""

    product = IdField("prd")
    keys = Keys(required=False, help_text="The keys, each a text. Or send `text`.")
    text = TextField(
        required=False, trim_whitespace=False, help_text="One key a line, or CSV if `format` says so."
    )
    format = serializers.ChoiceField(["txt", "csv"], required=False, help_text="How `text` is read.")
    column = WholeField(min_value=1, max_value=100, required=False, help_text="Of CSV: where the key is.")
    delimiter = serializers.ChoiceField([",", ";", "\t", "|"], required=False, help_text="Of CSV.")
    has_header = FlagField(required=False, help_text="Of CSV: the first line names the columns.")

    def validate(self, attrs: Any) -> Any:
        """One of the two, and what belongs to CSV only with CSV."""
        if ("keys" in attrs) == ("text" in attrs):
            raise serializers.ValidationError({"keys": [_("Send either keys or text.")]})
        for name in ("column", "delimiter", "has_header"):
            if name in attrs and attrs.get("format") != "csv":
                raise serializers.ValidationError({name: [_("This goes with the format csv only.")]})
        return attrs


class Reason(Asked):
    """Why something is done that cannot be taken back."""

    reason = TextField(max_length=200)


class BatchFilters(Filters):
    """Which imports are listed."""

    product = IdFilter("prd", field_name="product_id", label="The product's id.")
    state = filters.ChoiceFilter(choices=[(state, state) for state in STATES])


EXAMPLE = {"product": "prd_01jdb6yb8wfcz9yjjwdnyrz2gb", "keys": ["AAAA-BBBB-CCCC", "DDDD-EEEE-FFFF"]}


class StockBatches(Endpoint):
    """Keys come in."""

    model = StockBatch
    prefix = "imp"
    tag = "stock"
    noun = "stock_batches"
    shown = BatchShown
    filterset_class = BatchFilters
    body_most = _BODY_MOST

    @extend_schema(summary="List imports")
    def list(self, request: Request) -> HttpResponse:  # noqa: ARG002
        """Newest first."""
        return self.page()

    @extend_schema(summary="Get an import")
    def retrieve(self, request: Request, id: str) -> HttpResponse:  # noqa: ARG002
        """How far it is."""
        return self.shows(self.one(id))

    @extend_schema(
        summary="Upload keys",
        request=BatchAsked,
        responses={201: BatchShown},
        examples=[OpenApiExample("Two keys", EXAMPLE, request_only=True)],
    )
    def create(self, request: Request) -> HttpResponse:  # noqa: ARG002
        """Keeps the upload sealed and does the dry run; nothing is on the shelf yet.

        Above 5,000 lines a worker does the dry run: `state` is `received` until it is done. An upload that
        nobody confirms within a day is forgotten.
        """
        asked = self.read(BatchAsked)
        product = self.mine(Product).filter(pk=asked["product"]).first()
        if product is None:
            raise ObjectMissing("product")
        return self.shows(self._receive(product, asked), status=201)

    @extend_schema(operation_id="stock_batches_import", summary="Import", request=None)
    def begin(self, request: Request, id: str) -> HttpResponse:  # noqa: ARG002
        """Yes, import what the dry run found. A worker does it; ask how far it is."""
        batch = self.one(id)
        self.read(Asked)
        imports.begin(batch, actor=self.caller.actor)
        return self.shows(self.one(id))

    @extend_schema(summary="Forget an upload", request=None)
    def cancel(self, request: Request, id: str) -> HttpResponse:  # noqa: ARG002
        """No, do not import it: the upload is deleted."""
        batch = self.one(id)
        self.read(Asked)
        imports.cancel(batch, actor=self.caller.actor)
        return self.shows(self.one(id))

    @extend_schema(summary="Undo an import", request=Reason)
    def undo(self, request: Request, id: str) -> HttpResponse:  # noqa: ARG002
        """A worker takes all its keys off the shelf for good. If one is sold: `merchants.batch_sold`."""
        batch = self.one(id)
        asked = self.read(Reason)
        undoing.begin(batch, actor=self.caller.actor, reason=asked["reason"])
        return self.shows(self.one(id))

    def _receive(self, product: Product, asked: dict[str, Any]) -> StockBatch:
        text = (asked["keys"] if "keys" in asked else asked["text"]).encode()
        is_csv = asked.get("format") == "csv"
        layout = Layout(
            column=asked.get("column", 1),
            delimiter=asked.get("delimiter", ","),
            has_header=asked.get("has_header", False),
        )
        batch = uploads.receive(
            product,
            lambda: [text],
            source=BatchSource.CSV if is_csv else BatchSource.PASTE,
            actor=self.caller.actor,
            layout=layout if is_csv else None,
        )
        lines = UploadChunk.objects.filter(batch=batch).aggregate(lines=Sum("lines"))["lines"]
        if lines <= dryruns.INLINE_LINES:
            return dryruns.check(batch)
        wake.worker("merchants.check_upload", batch.id)
        return batch
