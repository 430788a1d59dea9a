"""The words by which a buyer lets a method be charged, for merchants that ask on pages of their own."""

from typing import Any

from django.http import HttpResponse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from merchants.models import Merchant, Plan, Product
from merchants.models.product import MAX_QUANTITY
from merchants.services import plans
from payments import memberships
from payments.api.orders import LANGUAGES
from payments.memberships import Wish
from web.api.answers import answer
from web.api.errors import ObjectMissing
from web.api.fields import MoneyField, pattern_of
from web.api.lists import id_in
from web.api.serializers import Shown
from web.api.views import Endpoint

from ..errors import PlanUnavailable
from ..services import consenting


class SubscriptionConsentShown(Shown):
    """What the buyer reads beside the box to tick."""

    text = serializers.CharField()
    price = MoneyField(help_text="What a period costs.")


_PARAMETERS = [
    OpenApiParameter(
        "plan", {"type": "string", "pattern": pattern_of("pln")}, description="The plan's id.", required=True
    ),
    OpenApiParameter(
        "currency", {"type": "string", "pattern": "^[A-Z]{3,5}$"}, description="Without it the product's own."
    ),
    OpenApiParameter("quantity", {"type": "integer", "minimum": 1, "maximum": MAX_QUANTITY, "default": 1}),
    OpenApiParameter(
        "language",
        {"type": "string", "enum": list(LANGUAGES)},
        description="The buyer's; otherwise that of Accept-Language.",
    ),
]


class SubscriptionConsent(Endpoint):
    """Show it before you send `consents: true`."""

    model = Plan
    prefix = "pln"
    tag = "subscriptions"
    noun = "subscription_consent"
    shown = SubscriptionConsentShown
    pagination_class = None
    filter_backends = ()
    parameters = {"retrieve": ("plan", "currency", "quantity", "language")}  # noqa: RUF012

    @extend_schema(
        summary="Get the words of consent",
        responses={200: SubscriptionConsentShown},
        parameters=_PARAMETERS,
    )
    def retrieve(self, request: Request) -> HttpResponse:
        """Price, interval, limit, notice and how to end, in the words that are kept with `consents`."""
        asked = request.query_params
        plan_id = id_in("pln", asked.get("plan", ""), parameter="plan")
        plan = self.mine(Plan).filter(pk=plan_id).first()
        if plan is None:
            raise ObjectMissing("plan")
        product, merchant = Product.objects.get(pk=plan.product_id), Merchant.objects.get(pk=plan.merchant_id)
        found = [each for each in plans.on_sale(product.pk) if each.plan_id == plan.pk]
        if not found:
            raise PlanUnavailable
        wish = Wish(found[0].version_id, asked.get("currency") or product.currency)
        price = memberships.port().quote(product.pk, wish, _quantity(asked)).total
        language = _language(asked)
        names = (product.name_en, product.name_zh)
        text = consenting.shown(
            store_id=product.store_id,
            country=merchant.country,
            plan=found[0],
            title=next(filter(None, reversed(names) if language.startswith("zh") else names), ""),
            price=price,
            merchant_id=merchant.pk,
            language=language,
        )
        return answer(SubscriptionConsentShown({"text": text, "price": price}).data)


def _quantity(asked: Any) -> int:
    text = asked.get("quantity", "1")
    if not (text.isascii() and text.isdigit() and len(text) <= 4 and 1 <= int(text) <= MAX_QUANTITY):
        raise serializers.ValidationError({"quantity": [_("Send a whole number from 1 on.")]})
    return int(text)


def _language(asked: Any) -> str:
    sent = asked.get("language")
    if sent is not None and sent not in LANGUAGES:
        raise serializers.ValidationError({"language": [_("Send zh or en.")]})
    return LANGUAGES[sent] if sent else get_language() or "zh-hans"
