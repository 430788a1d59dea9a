"""Stock of a product: how much there is, where a key went, taking a bad one away."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from kernel import ids
from kernel.errors import NotFound

from .. import queries
from ..errors import NoKeysHere
from ..forms.stock import KeySearchForm, ReasonForm
from ..models import StockBatch, StockItem
from ..roles import Permission
from ..services import keys
from ..states import OPEN_BATCHES, ProductKind
from .desk import Desk, confirmed_recently, page, show
from .products import product_of, products_of

_BATCHES = 20


@require_GET
@page(Permission.VIEW_PRODUCTS, by_store=True)
def overview(request: HttpRequest, desk: Desk) -> HttpResponse:
    """The stock of every product, or of a store's, the scarcest first."""
    of_keys = products_of(desk).filter(kind=ProductKind.CARD_KEYS)
    shelf = list(of_keys.exclude(status="archived").select_related("store").order_by("id"))
    levels = queries.stock_levels([product.id for product in shelf])
    rows = sorted(((product, levels[product.id]) for product in shelf), key=lambda row: row[1].available)
    unfinished = StockBatch.objects.filter(
        merchant=desk.merchant, state__in=OPEN_BATCHES, product__in=products_of(desk)
    ).select_related("product")
    facts = {"rows": rows, "unfinished": unfinished, "form": KeySearchForm()}
    return show(request, desk, "dashboard/stock/overview.html", facts)


@require_GET
@page(Permission.VIEW_PRODUCTS)
def product(request: HttpRequest, desk: Desk, product: str) -> HttpResponse:
    """One product's stock and its imports."""
    found = product_of(desk, product)
    if found.kind != ProductKind.CARD_KEYS:
        raise NoKeysHere
    facts = {
        "product": found,
        "levels": queries.stock_levels([found.id])[found.id],
        "batches": StockBatch.objects.filter(product=found).order_by("-created_at")[:_BATCHES],
    }
    return show(request, desk, "dashboard/stock/product.html", facts)


@require_POST
@page(Permission.VIEW_PRODUCTS)
def search(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Where a key is. Only who has the key can ask for it; the database compares fingerprints."""
    form = KeySearchForm(request.POST)
    found = keys.find(desk.merchant, form.cleaned_data["key"]) if form.is_valid() else []
    facts = {"form": form, "found": found, "searched": form.is_valid()}
    return show(request, desk, "dashboard/stock/search.html", facts)


@require_http_methods(["GET", "POST"])
@page(Permission.VIEW_PRODUCTS)
def item(request: HttpRequest, desk: Desk, item: str) -> HttpResponse:
    """One key: where it is, without its text."""
    return _item(request, desk, _item_of(desk, item))


@require_POST
@page(Permission.REVEAL_KEYS)
def read(request: HttpRequest, desk: Desk, item: str) -> HttpResponse:
    """Show a key, for a reason, to who has just confirmed that it is them."""
    found = _item_of(desk, item)
    if not confirmed_recently(request):
        back = reverse("merchants:key", args=[desk.merchant.key, item])
        return HttpResponseRedirect(f"{reverse('mfa_reauthenticate')}?{urlencode({'next': back})}")
    form = ReasonForm(request.POST, prefix="read")
    if not form.is_valid():
        return _item(request, desk, found, read=form)
    text = keys.read(found, actor=desk.actor, reason=form.cleaned_data["reason"])
    return _item(request, desk, found, text=text)


@require_POST
@page(Permission.IMPORT_STOCK)
def void(request: HttpRequest, desk: Desk, item: str) -> HttpResponse:
    """Take a faulty key off the shelf for good."""
    found = _item_of(desk, item)
    form = ReasonForm(request.POST, prefix="void")
    if not form.is_valid():
        return _item(request, desk, found, void=form)
    keys.void(found.id, actor=desk.actor, reason=form.cleaned_data["reason"])
    messages.success(request, gettext("The key is off the shelf."))
    return HttpResponseRedirect(reverse("merchants:key", args=[desk.merchant.key, item]))


def _item_of(desk: Desk, key: str) -> StockItem:
    found = (
        StockItem.objects.select_related("product", "batch")
        .filter(product__merchant=desk.merchant, pk=ids.decode("key", key))
        .first()
    )
    if found is None:
        raise NotFound(key=key[:40])
    return found


def _item(
    request: HttpRequest,
    desk: Desk,
    found: StockItem,
    *,
    text: str = "",
    read: ReasonForm | None = None,
    void: ReasonForm | None = None,
) -> HttpResponse:
    facts = {
        "item": found,
        "order_key": ids.encode("ord", found.order_id) if found.order_id else "",
        "text": text,
        "read": read or ReasonForm(prefix="read"),
        "void": void or ReasonForm(prefix="void"),
    }
    return show(request, desk, "dashboard/stock/key.html", facts)
