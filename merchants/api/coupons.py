"""Coupons: what they take off, their codes, and each use of one."""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from kernel import ids
from kernel.money import Money
from web.api.answers import answer
from web.api.errors import ObjectMissing
from web.api.fields import pattern_of
from web.api.lists import Filters, IdFilter, filters, id_in, limit_of
from web.api.serializers import Asked
from web.api.views import Endpoint

from ..models import CodeBatch, Coupon, CouponCode, CouponUse, Merchant, Product, Store
from ..services import coupon_codes, coupon_terms
from ..states import CouponStatus
from .coupon_code_shapes import (
    CouponBatchShown,
    CouponCodeAsked,
    CouponCodeShown,
    CouponCodesShown,
    CouponUseShown,
    CouponUsesShown,
    GenerateAsked,
)
from .coupon_shapes import CARRIERS, EXAMPLE, STATUSES, CouponAsked, CouponChanges, CouponShown

_SUMS = ("amount", "cap", "minimum")


class CouponFilters(Filters):
    """Which coupons are listed."""

    status = filters.ChoiceFilter(choices=[(status, status) for status in STATUSES])
    carrier = filters.ChoiceFilter(choices=[(carrier, carrier) for carrier in CARRIERS])
    store = IdFilter("sto", field_name="store_id", label="The store's id.")


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
            coupon,
            asked["code"],
            most_uses=asked.get("most_uses"),
            email=asked.get("email", ""),
            actor=self.caller.actor,
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
