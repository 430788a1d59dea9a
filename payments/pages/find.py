"""Finding an order again. A number or an address brings a mail to the order's own address, nothing else."""

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from kernel import emails
from web import limits
from web.answers import SeeOther
from web.hops import network_of

from .. import shelf, trust
from ..models import Order
from ..services import lookups
from ..shelf import Shop

_TEXT_MOST = 200


@require_http_methods(["GET", "HEAD", "POST"])
def find(request: HttpRequest, shop: str) -> HttpResponse:
    """Ask for a number or an address; whoever asks gets the same answer, whatever was found."""
    found = shelf.shop(shop)
    if request.method == "POST":
        text = request.POST.get("text", "").strip()[:_TEXT_MOST]
        if not text:
            return _page(request, found, empty=True, status=400)
        asker = network_of(request.META.get("REMOTE_ADDR", ""))
        limits.take("find.from", asker, most=10, per=timedelta(minutes=10))
        limits.take("find.for", f"{found.id}:{emails.compared(text)}", most=3, per=timedelta(minutes=10))
        lookups.send_links(found.id, found.merchant_id, text)
        return SeeOther(f"{request.path}?asked=1")
    return _page(request, found, asked="asked" in request.GET)


def _page(request: HttpRequest, shop: Shop, *, status: int = 200, **more: Any) -> HttpResponse:
    facts = {"shop": shop, "orders": _of_this_browser(request, shop), **more}
    response = render(request, "storefront/find.html", facts, status=status)
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _of_this_browser(request: HttpRequest, shop: Shop) -> list[Order]:
    """How the orders stand that this browser opened; neither their links nor their keys."""
    known = trust.remembered(request)
    return list(Order.objects.filter(pk__in=known, store_id=shop.id).order_by("-id")) if known else []
