"""Products of a merchant: the list, the editor, on the shelf and off it."""

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from kernel import ids
from kernel.errors import Invalid, NotFound
from web import problems

from .. import queries
from ..errors import TiersNotFalling
from ..forms.product import ProductForm
from ..forms.refusals import add_problem
from ..models import Product
from ..roles import Permission
from ..services import products
from ..states import PRODUCT, ProductKind, ProductStatus
from .desk import Desk, page, show

_FIELDS = (
    *("store", "slug", "name_zh", "name_en", "description_zh", "description_en", "usage_zh", "usage_en"),
    *("currency", "price", "min_quantity", "max_quantity", "hold_minutes", "unpaid_share"),
    *("low_stock_threshold", "position"),
)


def product_of(desk: Desk, key: str) -> Product:
    """A product of this merchant by its key. Raises NotFound."""
    found = (
        Product.objects.select_related("store", "merchant")
        .filter(merchant=desk.merchant, pk=ids.decode("prd", key))
        .first()
    )
    if found is None:
        raise NotFound(product=key[:40])
    return found


def products_of(desk: Desk) -> QuerySet[Product]:
    """The products of the merchant, or of the store that the page is narrowed to."""
    found = Product.objects.filter(merchant=desk.merchant)
    return found.filter(store=desk.store) if desk.store else found


@require_GET
@page(Permission.VIEW_PRODUCTS, by_store=True)
def listing(request: HttpRequest, desk: Desk) -> HttpResponse:
    """All products, or those of a store, those on the shelf first."""
    shelf = list(
        products_of(desk)
        .select_related("store")
        .prefetch_related("tiers")
        .order_by("store__slug", "position", "id")
    )
    levels = queries.stock_levels([product.id for product in shelf])
    asked = request.GET.get("status", "")
    rows = [
        (product, levels[product.id])
        for product in shelf
        if asked in ("", product.status) and (asked or product.status != ProductStatus.ARCHIVED)
    ]
    facts = {"rows": rows, "asked": asked, "has_store": bool(desk.stores)}
    return show(request, desk, "dashboard/products/list.html", facts)


@require_http_methods(["GET", "POST"])
@page(Permission.MANAGE_PRODUCTS)
def new(request: HttpRequest, desk: Desk) -> HttpResponse:
    """A new product; it begins as a draft."""
    asked = request.GET.get("kind", ProductKind.CARD_KEYS)
    kind = ProductKind(asked) if asked in set(ProductKind) else ProductKind.CARD_KEYS
    form = ProductForm(request.POST or None, merchant=desk.merchant, kind=kind)
    if request.method == "POST" and form.is_valid():
        made = _saved(form, desk, None)
        if made is not None and form.is_membership:
            messages.success(request, gettext("Saved as a draft. Make a plan, then put it on sale."))
            return HttpResponseRedirect(reverse("merchants:plan-new", args=[desk.merchant.key, made.key]))
        if made is not None:
            messages.success(request, gettext("Saved as a draft. Import keys, then put it on sale."))
            return _to(desk, made)
    return _editor(request, desk, form, None)


@require_http_methods(["GET", "POST"])
@page(Permission.MANAGE_PRODUCTS)
def edit(request: HttpRequest, desk: Desk, product: str) -> HttpResponse:
    """Change a product."""
    found = product_of(desk, product)
    tiers = products.tiers_of(found)
    form = ProductForm(
        request.POST or None,
        instance=found,
        merchant=desk.merchant,
        kind=ProductKind(found.kind),
        tiers=tiers,
    )
    if request.method == "POST" and form.is_valid():
        changed = _saved(form, desk, found)
        if changed is not None:
            messages.success(request, gettext("Saved. The new prices hold within seconds."))
            return _to(desk, changed)
    return _editor(request, desk, form, found)


@require_POST
@page(Permission.MANAGE_PRODUCTS)
def status(request: HttpRequest, desk: Desk, product: str) -> HttpResponse:
    """Put a product on sale, back into draft, or away."""
    found = product_of(desk, product)
    target = request.POST.get("status", "")
    if target not in set(ProductStatus):
        raise NotFound(status=target[:20])
    products.enter(found, ProductStatus(target), actor=desk.actor)
    return HttpResponseRedirect(reverse("merchants:products", args=[desk.merchant.key]))


def _saved(form: ProductForm, desk: Desk, product: Product | None) -> Product | None:
    """The product as saved; None where the form now says what is wrong."""
    data = form.cleaned_data
    fields: dict[str, Any] = {name: data[name] for name in _FIELDS if name in data}
    store, tiers = fields.pop("store"), data.get("tiers")
    try:
        if product is None:
            kind = ProductKind.MEMBERSHIP if form.is_membership else ProductKind.CARD_KEYS
            return products.create(store, actor=desk.actor, tiers=tiers, kind=kind, **fields)
        # The form has written into its instance; the service reads the row anew.
        return products.change(product, actor=desk.actor, tiers=tiers, **fields)
    except (Invalid, TiersNotFalling) as problem:
        add_problem(form, problem, problems.title(problem))
        return None


def _editor(request: HttpRequest, desk: Desk, form: ProductForm, product: Product | None) -> HttpResponse:
    moves = sorted(PRODUCT.moves.get(ProductStatus(product.status), ())) if product else []
    facts = {"form": form, "product": product, "moves": moves}
    return show(request, desk, "dashboard/products/edit.html", facts)


def _to(desk: Desk, product: Product) -> HttpResponse:
    return HttpResponseRedirect(reverse("merchants:product", args=[desk.merchant.key, product.key]))
