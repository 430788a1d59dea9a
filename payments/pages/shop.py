"""The shop and its products, and the form that places an order: the hottest request of all."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_GET, require_http_methods

from kernel.errors import Invalid, Problem
from kernel.money import Money, exponent
from merchants import coupon_texts
from merchants.coupon_errors import CouponRefused
from merchants.errors import BadQuantity, NotForSale, OutOfStock
from merchants.queries import stock_shown
from merchants.services import catalogue
from merchants.services.catalogue import Offer
from web import colours, problems
from web.answers import SeeOther
from web.limits import TooOften
from web.secrecy import hide

from .. import shelf
from ..agents import device_of
from ..errors import (
    FormReused,
    HoldsTooMuch,
    MethodUnavailable,
    PriceChanged,
    RiskRefused,
    TooManyUnpaid,
)
from ..forms import CODE_MAX, Checkout, price_list
from ..services import accounts, checkout
from ..services.baskets import Basket
from ..shelf import Goods, Shop
from . import membership

_FEW = 10
_SEARCH_FROM = 9

# What a buyer can mend on the same page, without typing anything twice.
_MENDABLE = (
    Invalid,
    BadQuantity,
    OutOfStock,
    PriceChanged,
    MethodUnavailable,
    RiskRefused,
    TooManyUnpaid,
    HoldsTooMuch,
    FormReused,
    CouponRefused,
    TooOften,
)


@dataclass(frozen=True, slots=True)
class Card:
    """A product on the shelf, with how many are left."""

    goods: Goods
    left: int

    @property
    def supply(self) -> str:
        """One of the words of `supply`; a membership is never sold out."""
        if self.goods.is_membership:
            return "plenty" if self.goods.plans else "none"
        return supply_of(self.goods, self.left)


@require_GET
def show_shop(request: HttpRequest, shop: str) -> HttpResponse:
    """The shelf, or that the shop is closed."""
    found = shelf.shop(shop)
    if not found.is_open:
        return render(request, "storefront/closed.html", {"shop": found, "book": found.book})
    asked, code = request.GET.get("q", "").strip()[:60], _code(request)
    everything = shelf.goods(found)
    wanted = [one for one in everything if asked.lower() in f"{one.names[0]} {one.names[1]}".lower()]
    left = stock_shown([one.id for one in wanted if not one.is_membership])
    facts = {
        "shop": found,
        "shelf": [Card(one, left.get(one.id, 0)) for one in wanted],
        "asked": asked,
        "code": code,
        "code_said": code if coupon_texts.is_code(coupon_texts.normalised(code)) else "",
        "carry": _carry(request),
        "is_long": len(everything) >= _SEARCH_FROM,
    }
    return render(request, "storefront/shop.html", facts)


@require_http_methods(["GET", "HEAD", "POST"])
def product(request: HttpRequest, shop: str, slug: str) -> HttpResponse:
    """One product with its order form; a good form leads to the order."""
    problem: Problem | None = None
    if request.method == "POST":
        try:
            # Without the shelf: a good form is answered by a redirect, and shows nothing.
            return _buy(request, catalogue.offer_at(shop[:48], slug[:60]))
        except (NotForSale, *_MENDABLE) as refusal:
            problem = refusal
        except Problem as refusal:
            # What memberships refuse has names of their own, above the sale.
            if "plan" not in request.POST or not refusal.code.startswith("subscriptions."):
                raise
            problem = refusal
    found = shelf.shop(shop)
    if not found.is_open:
        return render(request, "storefront/closed.html", {"shop": found})
    goods = shelf.goods_named(found, slug)
    if goods.is_membership:
        return _membership(request, found, goods, problem)
    return _page(request, found, goods, problem=problem)


@require_GET
def accent(_request: HttpRequest, shop: str) -> HttpResponse:
    """The shop's colour as a stylesheet: pages may not carry styles of their own."""
    response = HttpResponse(colours.accent_css(shelf.shop(shop).accent), content_type="text/css")
    response.headers["Cache-Control"] = "public, max-age=300"
    return response


def supply_of(goods: Goods, left: int) -> str:
    """How much there is, in a word: plenty, few or none."""
    if left < goods.min_quantity:
        return "none"
    return "few" if left <= _FEW else "plenty"


def _membership(request: HttpRequest, shop: Shop, goods: Goods, problem: Problem | None) -> HttpResponse:
    total = membership.facts_of(request.POST or request.GET, shop, goods)["total"] or goods.price
    errors = _errors(problem)
    more: dict[str, Any] = {
        "form_key": uuid4(),
        "carry": _carry(request),
        "errors": {name: said[0] for name, said in errors.items()},
        "errors_listed": [(name, _label(name), said[0]) for name, said in errors.items()],
        "status": problem.status if problem else 200,
    }
    if problem is not None and not errors:
        more["problem"] = {"title": problems.title(problem), "advice": problems.advice(problem)}
    methods = _methods(request, shop, total, request.POST.get("method", ""))
    return membership.page(request, shop, goods, methods=methods, more=more)


def _buy(request: HttpRequest, offer: Offer) -> HttpResponse:
    if "plan" in request.POST:
        return membership.buy(request, offer)
    asked = Checkout.read(request.POST)
    meta = request.META
    placed = checkout.buy(
        Basket(
            product_id=offer.product_id,
            quantity=asked.quantity,
            contact=asked.email,
            method=asked.method,
            form_key=asked.form_key,
            address=meta.get("REMOTE_ADDR", ""),
            language=get_language() or "zh-hans",
            device=device_of(meta.get("HTTP_USER_AGENT", "")),
            agreed=asked.agreed,
            codes=asked.codes,
        )
    )
    response = SeeOther(f"/o/{placed.token}/")
    hide(response)
    return response


def _page(request: HttpRequest, shop: Shop, goods: Goods, *, problem: Problem | None = None) -> HttpResponse:
    left = stock_shown([goods.id]).get(goods.id, 0)
    if isinstance(problem, OutOfStock):
        left = problem.context["left"]
    sent = _sent(request.POST, goods, left) | {"code": _code(request)}
    total = goods.each(sent["shown"]) * sent["shown"]
    errors = _errors(problem)
    facts: dict[str, Any] = {
        "shop": shop,
        "goods": goods,
        "carry": _carry(request),
        "left": left,
        "most": min(goods.max_quantity, max(left, goods.min_quantity)),
        "supply": supply_of(goods, left),
        "methods": _methods(request, shop, total, sent["method"]),
        "form_key": uuid4(),
        "price_list": price_list(goods.currency, list(goods.prices)),
        "exponent": exponent(goods.currency),
        "sent": sent,
        "total": total,
        "errors": {name: said[0] for name, said in errors.items()},
        "errors_listed": [(name, _label(name), said[0]) for name, said in errors.items()],
    }
    if problem is not None and not errors:
        facts["problem"] = {"title": problems.title(problem), "advice": problems.advice(problem)}
    status = problem.status if problem else 200
    response = render(request, "storefront/product.html", facts, status=status)
    # Each showing carries a key of its own: a kept page would place the same order again.
    response.headers["Cache-Control"] = "no-store"
    return response


def _sent(posted: Mapping[str, str], goods: Goods, left: int) -> dict[str, Any]:
    """What the buyer typed, to be shown again; `shown` is a quantity to compute with."""
    typed = posted.get("quantity", "").strip()[:8] or str(goods.min_quantity)
    within = typed.isascii() and typed.isdigit() and 0 < int(typed) <= goods.max_quantity
    shown = int(typed) if within else goods.min_quantity
    if within and goods.min_quantity <= left < shown:
        # The stock fell below what was asked for: offer what is left, as the message above the form says.
        shown, typed = left, str(left)
    return {
        "email": posted.get("email", "")[:200],
        "quantity": typed,
        "shown": shown,
        "method": posted.get("method", ""),
    }


def _code(request: HttpRequest) -> str:
    """What the buyer typed as code, or what the link that led here says."""
    return (request.POST if request.method == "POST" else request.GET).get("code", "").strip()[:CODE_MAX]


def _carry(request: HttpRequest) -> str:
    """The query by which a code goes along from page to page of the shop; empty without one."""
    code = _code(request)
    return f"?{urlencode({'code': code})}" if code else ""


def _errors(problem: Problem | None) -> dict[str, list[str]]:
    if isinstance(problem, CouponRefused):
        return {"code": [problems.title(problem)]}
    if not isinstance(problem, Invalid):
        return {}
    said: dict[str, list[str]] = problem.context["errors"]
    return {name: [gettext(sentence) for sentence in sentences] for name, sentences in said.items()}


def _methods(request: HttpRequest, shop: Shop, total: Money, wanted: str) -> list[dict[str, Any]]:
    device = device_of(request.META.get("HTTP_USER_AGENT", ""))
    choices = accounts.choices(shop.merchant_id, total, device)
    shown = [choice for choice in choices if choice.suits] or choices
    chosen = wanted if any(choice.method.code == wanted for choice in shown) else ""
    return [
        {
            "code": choice.method.code,
            "label": gettext(choice.method.label),
            "mark": gettext(choice.till.channel.capabilities.label)[:1],
            "keeps": bool(choice.method.keeps),
            "chosen": choice.method.code == chosen or (not chosen and place == 0),
        }
        for place, choice in enumerate(shown)
    ]


def _label(name: str) -> str:
    return {
        "email": gettext("E-mail for delivery"),
        "quantity": gettext("Quantity"),
        "method": gettext("Payment method"),
        "code": gettext("Coupon code"),
        "plan": gettext("Plan"),
        "consents": gettext("Renewal"),
    }.get(name, gettext("Form"))


def shop_url(shop: Shop) -> str:
    """The shop's address on this site."""
    return reverse("payments:shop", args=[shop.slug])
