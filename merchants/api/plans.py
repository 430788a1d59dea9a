"""Plans of memberships: what is paid how often, in versions that stay as they are once they are published."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request

from kernel import ids
from kernel.intervals import Unit
from web.api.answers import answer
from web.api.errors import ObjectMissing
from web.api.fields import IdField, MoneyField, TextField, TimestampField, WholeField, pattern_of
from web.api.lists import Filters, IdFilter, filters, id_in, limit_of
from web.api.serializers import Asked, Shown
from web.api.views import Endpoint

from ..models import Plan, PlanVersion, Product
from ..models.plan import MAX_TRIAL_DAYS, MOST_COUNT
from ..models.product import MAX_QUANTITY
from ..models.store import SLUG
from ..services import plans
from ..services.plans import Terms
from ..states import PlanStatus

STATUSES = [status.value for status in PlanStatus]
UNITS = [unit.value for unit in Unit]
_MOST_CURRENCIES = 10
_INT4 = 2_147_483_647


class PlanVersionShown(Shown):
    """The terms of a plan. Once published they never change."""

    id = IdField("plv")
    plan = IdField("pln", source="plan_id")
    number = serializers.IntegerField(help_text="1, 2, 3 … of the plan's.")
    unit = serializers.ChoiceField(UNITS)
    count = serializers.IntegerField(help_text="A period is so many units: 10 days, 1 month.")
    trial_days = serializers.IntegerField(help_text="Free days before the first payment.")
    min_quantity = serializers.IntegerField()
    max_quantity = serializers.IntegerField()
    prices = serializers.SerializerMethodField()
    created_at = TimestampField()
    published_at = TimestampField(allow_null=True, help_text="null: a draft, which nobody is sold.")

    @extend_schema_field(serializers.ListField(child=MoneyField()))
    def get_prices(self, version: PlanVersion) -> Any:
        """What one costs for a period, in each currency."""
        return [
            {"amount": price.amount, "currency": price.currency}
            for price in sorted(version.prices.all(), key=lambda price: price.currency)
        ]


class PlanShown(Shown):
    """A way to pay for a membership."""

    id = IdField("pln")
    product = IdField("prd", source="product_id")
    slug = serializers.CharField()
    name_zh = serializers.CharField(allow_blank=True)
    name_en = serializers.CharField(allow_blank=True)
    status = serializers.ChoiceField(STATUSES, help_text="Only a `live` plan is sold.")
    position = serializers.IntegerField(help_text="Place among the product's plans, ascending.")
    current = serializers.SerializerMethodField()
    draft = serializers.SerializerMethodField()
    created_at = TimestampField()
    updated_at = TimestampField()

    @extend_schema_field({"oneOf": [{"$ref": "#/components/schemas/PlanVersion"}, {"type": "null"}]})
    def get_current(self, plan: Plan) -> Any:
        """The newest published version: what is sold."""
        published = [version for version in plan.versions.all() if not version.is_draft]
        return PlanVersionShown(published[-1]).data if published else None

    @extend_schema_field({"oneOf": [{"$ref": "#/components/schemas/PlanVersion"}, {"type": "null"}]})
    def get_draft(self, plan: Plan) -> Any:
        """What is to be published next."""
        drafts = [version for version in plan.versions.all() if version.is_draft]
        return PlanVersionShown(drafts[0]).data if drafts else None


class PlanVersionsShown(Shown):
    """A page of versions."""

    data = PlanVersionShown(many=True)  # type: ignore[assignment] # the library sets it aside
    next = serializers.CharField(allow_null=True, help_text="Send it as `cursor`; null: the last page.")


class PlanTermsAsked(Asked):
    """The terms of a version, all of them."""

    unit = serializers.ChoiceField(UNITS)
    count = WholeField(
        min_value=1,
        max_value=max(MOST_COUNT.values()),
        required=False,
        help_text="How many units; else 1.",
    )
    trial_days = WholeField(
        min_value=0, max_value=MAX_TRIAL_DAYS, required=False, help_text="Free days before the first payment."
    )
    min_quantity = WholeField(min_value=1, max_value=MAX_QUANTITY, required=False)
    max_quantity = WholeField(min_value=1, max_value=MAX_QUANTITY, required=False)
    prices = serializers.ListField(
        child=MoneyField(),
        min_length=1,
        max_length=_MOST_CURRENCIES,
        help_text="One a currency; the product's own currency is among them.",
    )

    def validate(self, attrs: Any) -> Any:
        """A currency has one price, and the largest quantity is not below the smallest."""
        currencies = [price.currency for price in attrs["prices"]]
        if len(set(currencies)) != len(currencies):
            raise serializers.ValidationError({"prices": [_("A currency has one price.")]})
        least, most = attrs.get("min_quantity", 1), attrs.get("max_quantity", attrs.get("min_quantity", 1))
        if most < least:
            raise serializers.ValidationError({"max_quantity": [_("It is below the smallest quantity.")]})
        attrs["max_quantity"] = most
        return attrs


class _Words(Asked):
    name_zh = TextField(max_length=80, required=False, allow_blank=True)
    name_en = TextField(max_length=80, required=False, allow_blank=True)
    position = WholeField(min_value=-_INT4, max_value=_INT4, required=False)


class PlanAsked(_Words):
    """A new plan, a draft until it is published."""

    product = IdField("prd")
    slug = serializers.RegexField(SLUG, max_length=60)
    version = PlanTermsAsked(required=False, help_text="Its first version, a draft.")

    def validate(self, attrs: Any) -> Any:
        """One of the two names is needed."""
        _must_be_named(attrs)
        return attrs


class PlanChanges(_Words):
    """What is to be changed; the rest stays. Terms are changed by a new version."""

    slug = serializers.RegexField(SLUG, max_length=60, required=False)


class PlanFilters(Filters):
    """Which plans are listed."""

    status = filters.ChoiceFilter(choices=[(status, status) for status in STATUSES])
    product = IdFilter("prd", field_name="product_id", label="The product's id.")


_EXAMPLE = {
    "product": "prd_01jdb6yb8wfcz9yjjwdnyrz2gb",
    "slug": "monthly",
    "name_zh": "月付",
    "name_en": "Monthly",
    "version": {
        "unit": "month",
        "trial_days": 7,
        "prices": [{"amount": 1900, "currency": "CNY"}, {"amount": 299, "currency": "USD"}],
    },
}


class Plans(Endpoint):
    """What a membership costs, and how often."""

    model = Plan
    prefix = "pln"
    tag = "plans"
    shown = PlanShown
    filterset_class = PlanFilters
    parameters = {"versions": ("cursor", "limit")}  # noqa: RUF012

    def get_queryset(self) -> QuerySet[Any]:
        """The caller's plans with their versions."""
        return super().get_queryset().prefetch_related("versions__prices")

    @extend_schema(summary="List plans")
    def list(self, request: Request) -> HttpResponse:  # noqa: ARG002
        """Newest first."""
        return self.page()

    @extend_schema(summary="Get a plan")
    def retrieve(self, request: Request, id: str) -> HttpResponse:  # noqa: ARG002
        """One plan, with what is sold of it and its draft."""
        return self.shows(self.one(id))

    @extend_schema(
        summary="Make a plan",
        request=PlanAsked,
        responses={201: PlanShown},
        examples=[OpenApiExample("By the month, a week to try", _EXAMPLE, request_only=True)],
    )
    def create(self, request: Request) -> HttpResponse:  # noqa: ARG002
        """Publish it to sell it. Refused with `merchants.not_a_membership` and `merchants.slug_taken`."""
        asked = self.read(PlanAsked)
        product = self.mine(Product).filter(pk=asked.pop("product")).first()
        if product is None:
            raise ObjectMissing("product")
        version = asked.pop("version", None)
        terms = _terms(version) if version else None
        made = plans.create(product, actor=self.caller.actor, terms=terms, **asked)
        return self.shows(self.get_queryset().get(pk=made.pk), status=201)

    @extend_schema(summary="Change a plan", request=PlanChanges)
    def partial_update(self, request: Request, id: str) -> HttpResponse:  # noqa: ARG002
        """Its names, its place and its address. Terms are changed by a new version."""
        plan = self.one(id)
        asked = self.read(PlanChanges)
        _must_be_named({**vars(plan), **asked})
        plans.change(plan, actor=self.caller.actor, **asked)
        return self.shows(self.one(id))

    @extend_schema(
        summary="List the versions of a plan",
        responses=PlanVersionsShown,
        filters=False,
        parameters=[
            OpenApiParameter(
                "cursor",
                {"type": "string", "pattern": pattern_of("plv")},
                description="`next` of the page before.",
            ),
            OpenApiParameter("limit", {"type": "integer", "minimum": 1, "maximum": 100, "default": 25}),
        ],
    )
    def versions(self, request: Request, id: str) -> HttpResponse:
        """Newest first; the draft, if there is one, before those that were published."""
        rows = PlanVersion.objects.filter(plan=self.one(id)).prefetch_related("prices").order_by("-id")
        if cursor := request.query_params.get("cursor", ""):
            rows = rows.filter(pk__lt=id_in("plv", cursor, parameter="cursor"))
        limit = limit_of(request)
        found = [*rows[: limit + 1]]
        following = ids.encode("plv", found[limit - 1].pk) if len(found) > limit else None
        return answer({"data": PlanVersionShown(found[:limit], many=True).data, "next": following})

    @extend_schema(
        summary="Write the draft of a plan", request=PlanTermsAsked, responses={201: PlanVersionShown}
    )
    def write(self, request: Request, id: str) -> HttpResponse:  # noqa: ARG002
        """A new version, or the draft there is, overwritten. Subscriptions keep the version they have."""
        plan = self.one(id)
        draft = plans.draft_version(plan, _terms(self.read(PlanTermsAsked)), actor=self.caller.actor)
        draft = PlanVersion.objects.prefetch_related("prices").get(pk=draft.pk)
        return answer(PlanVersionShown(draft).data, status=201)

    @extend_schema(summary="Publish the draft of a plan", request=None)
    def publish(self, request: Request, id: str) -> HttpResponse:  # noqa: ARG002
        """It is sold from now on. Refused with `merchants.no_draft` and `merchants.plan_archived`."""
        plan = self.one(id)
        self.read(Asked)
        plans.publish(plan, actor=self.caller.actor)
        return self.shows(self.one(id))

    @extend_schema(summary="Archive a plan", request=None)
    def archive(self, request: Request, id: str) -> HttpResponse:  # noqa: ARG002
        """It is sold no more; subscriptions that have it go on. Refused with `merchants.last_plan`."""
        plan = self.one(id)
        self.read(Asked)
        if plan.status != PlanStatus.ARCHIVED:
            plans.archive(plan, actor=self.caller.actor)
        return self.shows(self.one(id))

    @extend_schema(summary="Sell an archived plan again", request=None)
    def restore(self, request: Request, id: str) -> HttpResponse:  # noqa: ARG002
        """As it was; one that was never published is a draft again."""
        plan = self.one(id)
        self.read(Asked)
        if plan.status == PlanStatus.ARCHIVED:
            plans.restore(plan, actor=self.caller.actor)
        return self.shows(self.one(id))


def _terms(asked: dict[str, Any]) -> Terms:
    prices = {price.currency: price.amount for price in asked["prices"]}
    return Terms(**{**asked, "unit": Unit(asked["unit"]), "prices": prices})


def _must_be_named(fields: Any) -> None:
    if not fields.get("name_zh") and not fields.get("name_en"):
        raise serializers.ValidationError({"name_en": [_("Give it a name in Chinese or in English.")]})
