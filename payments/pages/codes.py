"""What a code takes off, shown before the order is placed. The order judges it again."""

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.utils.translation import get_language
from django.views.decorators.http import require_POST

from kernel.errors import Invalid, Problem
from kernel.money import Money
from merchants import coupon_texts
from merchants.coupon_errors import CouponRefused
from merchants.errors import BadQuantity, NotForSale
from merchants.services import catalogue
from web import limits, problems
from web.hops import network_of

from ..errors import PriceChanged, TooManyGuesses
from ..forms import CODE_MAX, email_of
from ..services import codes
from . import plan_quotes

_ASKED_MOST, _ASKED_PER = 60, timedelta(minutes=10)


@require_POST
def quote(request: HttpRequest, shop: str, slug: str) -> JsonResponse:
    """What the form's codes take off its quantity now, or why they do not, in words."""
    asker = network_of(request.META.get("REMOTE_ADDR", ""))
    try:
        if "plan" in request.POST:
            return _answer(plan_quotes.of(request, shop, slug, asker=asker), 200)
        limits.take("coupon.quote", asker, most=_ASKED_MOST, per=_ASKED_PER)
        offer = catalogue.offer_at(shop[:48], slug[:60])
        subtotal = offer.quote(_quantity(request)).total
        discount = codes.judge(
            offer,
            coupon_texts.read(request.POST.get("code", "")[:CODE_MAX]),
            subtotal,
            contact=email_of(request.POST.get("email", "")),
            asker=asker,
        )
    except (limits.TooOften, TooManyGuesses) as refusal:
        return _answer({"refusal": _said(refusal)}, refusal.status)
    except (CouponRefused, BadQuantity, NotForSale, PriceChanged, Invalid) as refusal:
        # An answer to what was asked, and no failure: a browser's console stays clean.
        return _answer({"refusal": _said(refusal)}, 200)
    total = Money(subtotal.amount - discount.amount, subtotal.currency)
    taken_off = Money(discount.amount, subtotal.currency)
    return _answer({"before": _shown(subtotal), "off": _shown(taken_off), "total": _shown(total)}, 200)


def _quantity(request: HttpRequest) -> int:
    text = request.POST.get("quantity", "").strip()[:6]
    return int(text) if text.isascii() and text.isdigit() else 0


def _shown(amount: Money) -> str:
    return amount.format(get_language() or "zh-hans")


def _said(refusal: Problem) -> str:
    return problems.title(refusal)


def _answer(body: dict[str, Any], status: int) -> JsonResponse:
    response = JsonResponse(body, status=status)
    response.headers["Cache-Control"] = "no-store"
    return response
