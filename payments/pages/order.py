"""The buyer's page of an order: what stands, what to do next, live."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import render
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_GET

from merchants.services import coupons
from web.answers import SeeOther
from web.secrecy import secret_address

from .. import memberships, purchases, shelf, trust
from ..agents import device_of
from ..channels.base import ActionKind
from ..purchases import Purchase, Stage
from ..services import accounts
from ..services.memos import return_url_of
from ..services.orders import contact_of
from ..states import Device


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the timeline. `how`: done, now, later or stopped."""

    label: str
    at: datetime | None
    how: str


@secret_address
@require_GET
def show(request: HttpRequest, token: str) -> HttpResponse:
    """The whole page. A mailed link brings a pass, which makes this browser known and leaves the address."""
    purchase = purchases.find(token)
    if "pass" in request.GET:
        return _admit(request, purchase)
    response = page(request, purchase)
    if trust.is_open(purchase.order):
        trust.remember(request, response, purchase.order)
    return response


@secret_address
@require_GET
def live(request: HttpRequest, token: str) -> HttpResponse:
    """The part that changes; 304 while it has not."""
    purchase = purchases.find(token)
    version = f'"{purchase.version}-{get_language()}"'
    if request.headers.get("If-None-Match") == version:
        return HttpResponseNotModified(headers={"ETag": version})
    response = render(request, "checkout/live.html", facts_of(request, purchase))
    response.headers["ETag"] = version
    return response


def page(
    request: HttpRequest, purchase: Purchase, *, keys: list[str] | None = None, status: int = 200, **more: Any
) -> HttpResponse:
    """The page of a purchase; with `keys`, the answer to a reveal."""
    facts = facts_of(request, purchase, keys=keys) | {"return_url": return_url_of(purchase.order)} | more
    return render(request, "checkout/order.html", facts, status=status)


def facts_of(request: HttpRequest, purchase: Purchase, *, keys: list[str] | None = None) -> dict[str, Any]:
    """What the templates show."""
    order, latest = purchase.order, purchase.latest
    method = accounts.method_named(latest.method) if latest else None
    return {
        "shop": purchase.shop,
        "purchase": purchase,
        "order": order,
        "stage": purchase.stage,
        "stage_template": f"checkout/stages/{purchase.stage}.html",
        "steps": timeline(purchase),
        "contact": masked(contact_of(order)),
        "method_label": gettext(method.label) if method else "",
        "action": purchase.action,
        "opens_here": bool(purchase.action and purchase.action.value.startswith(("https://", "http://"))),
        "is_link": bool(purchase.action and purchase.action.kind == ActionKind.LINK),
        "methods": _methods(request, purchase) if purchase.is_unpaid else [],
        "seconds_left": _seconds_left(purchase),
        "seconds_in_all": int((order.expires_at - order.placed_at).total_seconds()),
        "version": f"{purchase.version}-{get_language()}",
        "in_wechat": device_of(request.META.get("HTTP_USER_AGENT", "")) == Device.WECHAT,
        "codes": coupons.codes_of(order.pk) if order.discount else [],
        "keys": keys,
        "granted": memberships.port().granted(order) if order.subscription_id else None,
        "key_rows": range(1, order.quantity + 1) if purchase.has_keys and keys is None else (),
        "mailed": "mailed" in request.GET,
        "usage": shelf.usage_of(order.product_id) if purchase.has_keys else "",
        "product_slug": shelf.slug_of(purchase.shop, order.product_id),
        "withheld": purchase.is_withheld,
        "needs_pass": purchase.has_keys and not trust.may_see_keys(request, order),
    }


def timeline(purchase: Purchase) -> list[Step]:
    """Ordered, paid, looked at (only where that happens), delivered; or where it stopped."""
    order, stage = purchase.order, purchase.stage
    steps = [Step(gettext("Ordered"), order.placed_at, "done")]
    if stage in {Stage.EXPIRED, Stage.CANCELLED}:
        label = gettext("Expired") if stage == Stage.EXPIRED else gettext("Cancelled")
        return [*steps, Step(label, order.closed_at, "stopped")]
    steps.append(Step(gettext("Payment"), order.paid_at, "done" if order.paid_at else "now"))
    if stage == Stage.HELD:
        steps.append(Step(gettext("Review"), None, "now"))
    delivery = gettext("Membership begins") if order.subscription_id else gettext("Delivery")
    if stage == Stage.PROBLEM:
        return [*steps, Step(delivery, None, "stopped")]
    if order.delivered_at or stage != Stage.REFUNDED:
        how = "done" if order.delivered_at else "now" if stage == Stage.DELIVERING else "later"
        steps.append(Step(delivery, order.delivered_at, how))
    if stage == Stage.REFUNDED:
        last = purchase.refunds[-1].concluded_at if purchase.refunds else None
        steps.append(Step(gettext("Refund"), last, "done" if last else "now"))
    return steps


def masked(email: str) -> str:
    """An address that its owner recognises and nobody else learns: `b***@example.com`."""
    name, _, domain = email.rpartition("@")
    return f"{name[:1]}***@{domain}"


def _admit(request: HttpRequest, purchase: Purchase) -> HttpResponse:
    response = SeeOther(f"/o/{purchase.order.token}/")
    if trust.opens(purchase.order, request.GET["pass"]):
        trust.remember(request, response, purchase.order)
    return response


def _seconds_left(purchase: Purchase) -> int:
    return max(0, int((purchase.order.expires_at - purchase.read_at).total_seconds()))


def _methods(request: HttpRequest, purchase: Purchase) -> list[dict[str, Any]]:
    """The other ways to pay, those that suit this browser first."""
    order, latest = purchase.order, purchase.latest
    device = device_of(request.META.get("HTTP_USER_AGENT", ""))
    return [
        {
            "code": choice.method.code,
            "label": gettext(choice.method.label),
            "mark": gettext(choice.till.channel.capabilities.label)[:1],
        }
        for choice in accounts.choices(order.merchant_id, order.price, device)
        if latest is None or purchase.action is None or choice.method.code != latest.method
    ]
