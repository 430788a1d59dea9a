"""The words by which a buyer lets a method be charged, for merchants that ask on pages of their own."""

from typing import Any

from django.http import HttpResponse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from merchants.models import Plan, Product
from merchants.models.product import MAX_QUANTITY
from payments import memberships
from payments.api.orders import LANGUAGES
from payments.memberships import Wish
from web.api.answers import answer
from web.api.fields import MoneyField, pattern_of
from web.api.lists import id_in
from web.api.serializers import Shown
from web.api.views import Endpoint

from ..services import consenting
from . import baskets


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
    refusals = {"retrieve": ("404", "409")}  # noqa: RUF012
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
        plan = baskets.plan_of(self, plan_id)
        product = Product.objects.select_related("merchant").get(pk=plan.product_id)
        wish = Wish(plan.version_id, asked.get("currency") or product.currency)
        price = memberships.port().quote(product.pk, wish, _quantity(asked)).total
        language = _language(asked)
        names = (product.name_en, product.name_zh)
        text = consenting.shown(
            store_id=product.store_id,
            country=product.merchant.country,
            plan=plan,
            title=next(filter(None, reversed(names) if language.startswith("zh") else names), ""),
            price=price,
            merchant_id=product.merchant_id,
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
