"""Coupons: what they take off, their codes, and each use of one."""

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request

from kernel import ids
from kernel.money import Money
from web.api.answers import answer
from web.api.errors import ObjectMissing
from web.api.fields import FlagField, IdField, MoneyField, TextField, TimestampField, WholeField, pattern_of
from web.api.lists import Filters, IdFilter, filters, id_in, limit_of
from web.api.serializers import Asked, Shown
from web.api.views import Endpoint

from ..models import CodeBatch, Coupon, CouponCode, CouponUse, Merchant, Product, Store
from ..models.coupon import MAX_PER_BUYER
from ..services import coupon_codes, coupon_terms
from ..states import Carrier, CodeBatchState, CouponKind, CouponStatus, UseState

KINDS = [kind.value for kind in CouponKind]
CARRIERS = [carrier.value for carrier in Carrier]
STATUSES = [status.value for status in CouponStatus]
USE_STATES = [state.value for state in UseState]
CODE_BATCH_STATES = [state.value for state in CodeBatchState]
MOST_GENERATED = 10_000

_PERCENT = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,2})?", re.ASCII)
_INT4 = 2_147_483_647
_MOST_PRODUCTS = 200
_SUMS = ("amount", "cap", "minimum")


@extend_schema_field({"type": "string", "pattern": r"^\d{1,3}(\.\d{1,2})?$", "example": "12.5"})
class PercentField(serializers.Field[Any, Any, str, Any]):
    """A share in per cent, as a text: nobody's floats."""

    default_error_messages = {"shape": _("Send a text such as 12.5.")}  # noqa: RUF012

    def to_representation(self, value: Decimal) -> str:
        """Without idle zeros."""
        return f"{value.normalize():f}"

    def to_internal_value(self, data: Any) -> Decimal:
        """The number in it."""
        if not isinstance(data, str) or not _PERCENT.fullmatch(data):
            self.fail("shape")
        return Decimal(data)


class CouponShown(Shown):
    """A promise to take something off a price."""

    id = IdField("cpn")
    name = serializers.CharField(help_text="Your own note; buyers see codes.")
    status = serializers.ChoiceField(STATUSES, help_text="An `ended` one stays so.")
    kind = serializers.ChoiceField(
        KINDS, help_text="`fixed`: a sum. `percentage`: a share. `spend_and_save`: a sum from a spend on."
    )
    amount = serializers.SerializerMethodField()
    percent = PercentField(allow_null=True)
    cap = serializers.SerializerMethodField()
    minimum = serializers.SerializerMethodField()
    carrier = serializers.ChoiceField(
        CARRIERS, help_text="Who goes without the discount. What the `platform` carries, it alone changes."
    )
    store = IdField("sto", source="store_id", allow_null=True, help_text="null: every store.")
    products = serializers.SerializerMethodField()
    first_order = serializers.BooleanField(help_text="Only for who has not paid an order yet.")
    stackable = serializers.BooleanField(help_text="Together with others that are so too, three at most.")
    per_buyer = serializers.IntegerField(allow_null=True, help_text="Uses by one e-mail address.")
    most_uses = serializers.IntegerField(allow_null=True, help_text="Uses in all.")
    used = serializers.IntegerField(help_text="Uses that are reserved or redeemed now.")
    starts_at = TimestampField(allow_null=True)
    ends_at = TimestampField(allow_null=True, help_text="At this instant it is over.")
    created_at = TimestampField()

    @extend_schema_field({"oneOf": [{"$ref": "#/components/schemas/Money"}, {"type": "null"}]})
    def get_amount(self, coupon: Coupon) -> Any:
        """What is taken off, of a sum."""
        return _money(coupon, coupon.amount)

    @extend_schema_field({"oneOf": [{"$ref": "#/components/schemas/Money"}, {"type": "null"}]})
    def get_cap(self, coupon: Coupon) -> Any:
        """The most that a percentage takes off."""
        return _money(coupon, coupon.cap)

    @extend_schema_field({"oneOf": [{"$ref": "#/components/schemas/Money"}, {"type": "null"}]})
    def get_minimum(self, coupon: Coupon) -> Any:
        """The least that is to be spent, before any discount."""
        return _money(coupon, coupon.minimum)

    @extend_schema_field(serializers.ListField(child=IdField("prd")))
    def get_products(self, coupon: Coupon) -> Any:
        """What it is for; empty: everything."""
        return [ids.encode("prd", row.product_id) for row in coupon.products.all()]


class _Terms(Asked):
    amount = MoneyField(required=False, allow_null=True, help_text="Of `fixed` and `spend_and_save`.")
    percent = PercentField(
        required=False, allow_null=True, help_text="Of `percentage`: above 0, at most 100."
    )
    cap = MoneyField(required=False, allow_null=True, help_text="The most that a percentage takes off.")
    minimum = MoneyField(
        required=False, allow_null=True, help_text="The least spend; `spend_and_save` needs one."
    )
    store = IdField("sto", required=False, allow_null=True, help_text="null: every store.")
    products = serializers.ListField(
        child=IdField("prd"), required=False, max_length=_MOST_PRODUCTS, help_text="Empty: everything."
    )
    first_order = FlagField(required=False, help_text="It is then used once by a buyer.")
    stackable = FlagField(required=False, help_text="Together with others that are so too.")
    per_buyer = WholeField(
        min_value=1,
        max_value=MAX_PER_BUYER,
        required=False,
        allow_null=True,
        help_text="Uses by one e-mail address; null: no limit.",
    )
    most_uses = WholeField(
        min_value=1,
        max_value=_INT4,
        required=False,
        allow_null=True,
        help_text="Uses in all; null: no limit.",
    )
    starts_at = TimestampField(required=False, allow_null=True)
    ends_at = TimestampField(required=False, allow_null=True)


class CouponAsked(_Terms):
    """A new coupon, in force within its window."""

    name = TextField(max_length=80)
    kind = serializers.ChoiceField(KINDS)
    code = TextField(
        max_length=40, required=False, help_text="Its first code; without one, add or generate codes."
    )


class CouponChanges(_Terms):
    """What is to be changed; the rest stays. What a used coupon promises cannot be changed."""

    name = TextField(max_length=80, required=False)
    kind = serializers.ChoiceField(KINDS, required=False)


class CouponCodeShown(Shown):
    """What a buyer types. It is worth money: keep it to yourself."""

    id = IdField("cpc")
    coupon = IdField("cpn", source="coupon_id")
    code = serializers.CharField()
    used = serializers.IntegerField()
    most_uses = serializers.IntegerField(allow_null=True, help_text="null: as often as its coupon.")
    batch = IdField("cpb", allow_null=True, help_text="The generation that made it.")
    created_at = TimestampField()


class CouponCodeAsked(Asked):
    """A code of one's own."""

    code = TextField(max_length=40, help_text="Letters from A to Z and digits; kept in upper case.")
    most_uses = WholeField(min_value=1, max_value=_INT4, required=False, allow_null=True)


class CouponUseShown(Shown):
    """A code on an order."""

    id = IdField("cpu")
    order = IdField("ord", source="order_id")
    code = serializers.CharField(source="code.code")
    state = serializers.ChoiceField(
        USE_STATES, help_text="`returned`: with the order's end, or its whole refund."
    )
    discount = serializers.SerializerMethodField()
    reserved_at = TimestampField()
    redeemed_at = TimestampField(allow_null=True)
    returned_at = TimestampField(allow_null=True)

    @extend_schema_field({"$ref": "#/components/schemas/Money"})
    def get_discount(self, use: CouponUse) -> Any:
        """What it took off."""
        return {"amount": use.discount, "currency": use.currency}


class CouponBatchShown(Shown):
    """Codes that are generated: a large batch takes some seconds, ask again."""

    id = IdField("cpb")
    coupon = IdField("cpn", source="coupon_id")
    state = serializers.ChoiceField(CODE_BATCH_STATES)
    prefix = serializers.CharField(allow_blank=True)
    wanted = serializers.IntegerField()
    made = serializers.IntegerField(help_text="How many are there.")
    created_at = TimestampField()
    finished_at = TimestampField(allow_null=True)


class GenerateAsked(Asked):
    """Codes that nobody can guess, each for one use."""

    count = WholeField(min_value=1, max_value=MOST_GENERATED)
    prefix = TextField(max_length=coupon_codes.PREFIX_LENGTH, required=False, allow_blank=True)


class CouponCodesShown(Shown):
    """A page of codes."""

    data = CouponCodeShown(many=True)  # type: ignore[assignment] # the library sets it aside
    next = serializers.CharField(allow_null=True, help_text="Send it as `cursor`; null: the last page.")


class CouponUsesShown(Shown):
    """A page of uses."""

    data = CouponUseShown(many=True)  # type: ignore[assignment] # the library sets it aside
    next = serializers.CharField(allow_null=True, help_text="Send it as `cursor`; null: the last page.")


class CouponFilters(Filters):
    """Which coupons are listed."""

    status = filters.ChoiceFilter(choices=[(status, status) for status in STATUSES])
    carrier = filters.ChoiceFilter(choices=[(carrier, carrier) for carrier in CARRIERS])
    store = IdFilter("sto", field_name="store_id", label="The store's id.")


EXAMPLE = {
    "name": "Spring campaign",
    "kind": "percentage",
    "percent": "10",
    "cap": {"amount": 2000, "currency": "CNY"},
    "per_buyer": 1,
    "code": "SPRING24",
}


def _paging(prefix: str) -> list[OpenApiParameter]:
    return [
        OpenApiParameter(
            "cursor",
            {"type": "string", "pattern": pattern_of(prefix)},
            description="`next` of the page before.",
        ),
        OpenApiParameter("limit", {"type": "integer", "minimum": 1, "maximum": 100, "default": 25}),
    ]


class Coupons(Endpoint):
    """What takes something off a price."""

    model = Coupon
    prefix = "cpn"
    tag = "coupons"
    shown = CouponShown
    filterset_class = CouponFilters
    parameters = {  # noqa: RUF012
        "codes": ("cursor", "limit", "batch"),
        "uses": ("cursor", "limit"),
    }

    def get_queryset(self) -> Any:
        """The caller's coupons with their products."""
        return super().get_queryset().prefetch_related("products")

    @extend_schema(summary="List coupons")
    def list(self, request: Request) -> HttpResponse:  # noqa: ARG002
        """Newest first."""
        return self.page()

    @extend_schema(summary="Get a coupon")
    def retrieve(self, request: Request, id: str) -> HttpResponse:  # noqa: ARG002
        """One coupon, as it stands now."""
        return self.shows(self.one(id))

    @extend_schema(
        summary="Make a coupon",
        request=CouponAsked,
        responses={201: CouponShown},
        examples=[OpenApiExample("10 % off, at most 20 yuan", EXAMPLE, request_only=True)],
    )
    def create(self, request: Request) -> HttpResponse:  # noqa: ARG002
        """Carried by the merchant: the discount is a lower price. Refused with `coupons.code_taken`."""
        asked = self.read(CouponAsked)
        code = asked.pop("code", "")
        merchant = Merchant.objects.get(pk=self.caller.merchant_id)
        fields = self._fields(asked, "")
        made = coupon_codes.create_with_code(merchant, code, actor=self.caller.actor, **fields)
        return self.shows(self.get_queryset().get(pk=made.pk), status=201)

    @extend_schema(summary="Change a coupon", request=CouponChanges)
    def partial_update(self, request: Request, id: str) -> HttpResponse:  # noqa: ARG002
        """Only what is sent is changed. Refused with `coupons.terms_fixed` and `coupons.of_platform`."""
        coupon = self.one(id)
        asked = self.read(CouponChanges)
        coupon_terms.change(coupon, actor=self.caller.actor, **self._fields(asked, coupon.currency))
        return self.shows(self.one(id))

    @extend_schema(summary="Pause a coupon", request=None)
    def pause(self, request: Request, id: str) -> HttpResponse:  # noqa: ARG002
        """It is refused for now. Orders that carry it already go on."""
        return self._enter(id, CouponStatus.PAUSED)

    @extend_schema(summary="Resume a coupon", request=None)
    def resume(self, request: Request, id: str) -> HttpResponse:  # noqa: ARG002
        """It is in force again."""
        return self._enter(id, CouponStatus.ACTIVE)

    @extend_schema(summary="End a coupon", request=None)
    def end(self, request: Request, id: str) -> HttpResponse:  # noqa: ARG002
        """For good: it cannot be resumed."""
        return self._enter(id, CouponStatus.ENDED)

    @extend_schema(
        summary="List the codes of a coupon",
        responses=CouponCodesShown,
        filters=False,
        parameters=[
            *_paging("cpc"),
            OpenApiParameter(
                "batch", {"type": "string", "pattern": pattern_of("cpb")}, description="Those of one batch."
            ),
        ],
    )
    def codes(self, request: Request, id: str) -> HttpResponse:
        """Newest first."""
        rows = CouponCode.objects.filter(coupon=self.one(id))
        if batch := request.query_params.get("batch", ""):
            rows = rows.filter(batch=id_in("cpb", batch, parameter="batch"))
        return _page(request, rows, "cpc", CouponCodeShown)

    @extend_schema(summary="Add a code", request=CouponCodeAsked, responses={201: CouponCodeShown})
    def add_code(self, request: Request, id: str) -> HttpResponse:  # noqa: ARG002
        """One of your own. Refused with `coupons.code_taken`."""
        coupon = self.one(id)
        asked = self.read(CouponCodeAsked)
        made = coupon_codes.add(
            coupon, asked["code"], most_uses=asked.get("most_uses"), actor=self.caller.actor
        )
        return answer(CouponCodeShown(made).data, status=201)

    @extend_schema(summary="Generate codes", request=GenerateAsked, responses={201: CouponBatchShown})
    def generate(self, request: Request, id: str) -> HttpResponse:  # noqa: ARG002
        """Up to 10,000 that nobody can guess, each for one use; above 2,000 they take some seconds.

        Ask `GET /coupon_batches/{id}` how far it is, then list the codes of the batch.
        """
        coupon = self.one(id)
        asked = self.read(GenerateAsked)
        batch = coupon_codes.begin(
            coupon, asked["count"], prefix=asked.get("prefix", ""), actor=self.caller.actor
        )
        return answer(CouponBatchShown(batch).data, status=201)

    @extend_schema(
        summary="List the uses of a coupon",
        responses=CouponUsesShown,
        filters=False,
        parameters=_paging("cpu"),
    )
    def uses(self, request: Request, id: str) -> HttpResponse:
        """Newest first, with their orders."""
        rows = CouponUse.objects.filter(coupon=self.one(id)).select_related("code")
        return _page(request, rows, "cpu", CouponUseShown)

    def _enter(self, key: str, target: CouponStatus) -> HttpResponse:
        coupon = self.one(key)
        self.read(Asked)
        if coupon.status != target:
            coupon_terms.enter(coupon, target, actor=self.caller.actor)
        return self.shows(self.one(key))

    def _fields(self, asked: dict[str, Any], currency: str) -> dict[str, Any]:
        """What a service takes: minor units of one currency, rows. Raises ValidationError, ObjectMissing."""
        fields = dict(asked)
        sums = {name: fields[name] for name in _SUMS if isinstance(fields.get(name), Money)}
        currencies = {money.currency for money in sums.values()} | ({currency} - {""})
        if len(currencies) > 1:
            wrong = [_("All amounts of a coupon are in one currency.")]
            raise serializers.ValidationError(dict.fromkeys(sums, wrong))
        fields |= {name: money.amount for name, money in sums.items()}
        if currencies:
            fields["currency"] = currencies.pop()
        if fields.get("store") is not None:
            fields["store"] = self._named(Store, [fields["store"]], "store")[0]
        if "products" in fields:
            fields["products"] = self._named(Product, fields["products"], "products")
        return fields

    def _named(self, model: Any, keys: Sequence[Any], field: str) -> Sequence[Any]:
        rows = tuple(self.mine(model).filter(pk__in=keys))
        if len(rows) != len(set(keys)):
            raise ObjectMissing(field)
        return rows


class CouponBatches(Endpoint):
    """Codes that are generated."""

    model = CodeBatch
    prefix = "cpb"
    tag = "coupons"
    shown = CouponBatchShown

    @extend_schema(summary="Get a batch of codes", operation_id="coupon_batches_retrieve")
    def retrieve(self, request: Request, id: str) -> HttpResponse:  # noqa: ARG002
        """How far it is."""
        return self.shows(self.one(id))


def _page(
    request: Request, rows: QuerySet[Any], prefix: str, shown: type[serializers.Serializer[Any]]
) -> HttpResponse:
    """A page of what belongs to a coupon, newest first. Raises ValidationError."""
    limit, cursor = limit_of(request), request.query_params.get("cursor", "")
    if cursor:
        rows = rows.filter(pk__lt=id_in(prefix, cursor, parameter="cursor"))
    cut = list(rows.order_by("-id")[: limit + 1])
    following = ids.encode(prefix, cut[limit - 1].pk) if len(cut) > limit else None
    return answer({"data": shown(cut[:limit], many=True).data, "next": following})


def _money(coupon: Coupon, amount: int | None) -> Any:
    return None if amount is None else {"amount": amount, "currency": coupon.currency}
