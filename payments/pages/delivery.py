"""The keys of a delivered order: shown and handed out by forms only, and every look is recorded."""

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST
from django_htmx.middleware import HtmxDetails

from kernel.actors import BUYER
from kernel.errors import Invalid, said
from web import limits, spreadsheets
from web.answers import SeeOther
from web.secrecy import secret_address

from .. import purchases, trust
from ..errors import StrangeBrowser
from ..models import Order
from ..purchases import Purchase
from ..services import deliveries, lookups
from . import order as order_page

_COLUMNS = (said("Order"), said("Product"), said("Number"), said("Key"))
_TYPES = {"txt": "text/plain; charset=utf-8", "csv": "text/csv; charset=utf-8"}


@secret_address
@require_POST
def reveal(request: HttpRequest, token: str) -> HttpResponse:
    """Show the keys: the part of the page for htmx, the whole page without scripts."""
    purchase = purchases.find(token)
    keys = _open(request, purchase)
    htmx: HtmxDetails | None = getattr(request, "htmx", None)
    if htmx:
        facts = order_page.facts_of(request, purchase, keys=keys)
        return render(request, "checkout/live.html", facts)
    return order_page.page(request, purchase, keys=keys)


@secret_address
@require_POST
def download(request: HttpRequest, token: str) -> HttpResponse:
    """The keys as a file: one a line, or a table with the product."""
    purchase, form = purchases.find(token), request.POST.get("format", "")
    if form not in _TYPES:
        raise Invalid(errors={"format": [said("Choose TXT or CSV.")]})
    keys = _open(request, purchase)
    content = _lines(keys) if form == "txt" else _table(purchase.order, keys)
    response = HttpResponse(content, content_type=_TYPES[form])
    response.headers["Content-Disposition"] = f'attachment; filename="{purchase.order.number}.{form}"'
    return response


@secret_address
@require_POST
def mail(_request: HttpRequest, token: str) -> HttpResponse:
    """Mail the order's link to its own address."""
    order = purchases.find(token).order
    limits.take("mail", token, most=3, per=timedelta(minutes=10))
    lookups.send_links(order.store_id, order.merchant_id, order.number)
    return SeeOther(f"/o/{token}/?mailed=1")


def _open(request: HttpRequest, purchase: Purchase) -> list[str]:
    order = purchase.order
    if not trust.may_see_keys(request, order):
        raise StrangeBrowser
    limits.take("reveal", order.token, most=30, per=timedelta(minutes=10))
    return deliveries.reveal(order, actor=BUYER)


def _lines(keys: list[str]) -> bytes:
    return "".join(f"{key}\r\n" for key in keys).encode()


def _table(order: Order, keys: list[str]) -> bytes:
    rows = ((order.number, order.title, number, key) for number, key in enumerate(keys, start=1))
    return b"".join(spreadsheets.csv(_COLUMNS, rows))
