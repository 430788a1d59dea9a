"""A merchant's coupons with what was sold by them: the list, and one with its codes and uses."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from kernel import clock, ids
from kernel.errors import NotFound
from merchants import coupon_queries
from merchants.coupon_words import effect, standing
from merchants.models import CodeBatch, Coupon, CouponCode, Product, Store
from merchants.pages.coupons import coupon_of
from merchants.pages.desk import Desk, page, show
from merchants.roles import Permission
from merchants.states import COUPON, Carrier, CodeBatchState, CouponStatus, ProductStatus

from .. import coupon_figures, metrics

_MOST_LINKS = 50


@require_GET
@page(Permission.VIEW_COUPONS, by_store=True)
def listing(request: HttpRequest, desk: Desk) -> HttpResponse:
    """A page of coupons."""
    view, text = request.GET.get("view", ""), request.GET.get("q", "").strip()[:80]
    before = request.GET.get("before", "")
    found = coupon_queries.coupons(
        desk.merchant,
        store=desk.store,
        view=view,
        text=text,
        before=ids.decode("cpn", before) if before else None,
    )
    keys = [coupon.pk for coupon in found.coupons]
    figures, codes = coupon_figures.of_coupons(keys), coupon_queries.code_counts(keys)
    now = clock.now(desk.merchant)
    facts = {
        "rows": [
            {
                "coupon": coupon,
                "effect": effect(coupon),
                "standing": standing(coupon, now),
                "codes": codes[coupon.pk],
                "figures": figures[coupon.pk],
            }
            for coupon in found.coupons
        ],
        "older": found.older,
        "view": view,
        "text": text,
        "gmv": metrics.COUPON_GMV,
        "cost": metrics.COUPON_COST,
    }
    return show(request, desk, "dashboard/coupons/list.html", facts)


@require_GET
@page(Permission.VIEW_COUPONS)
def detail(request: HttpRequest, desk: Desk, coupon: str) -> HttpResponse:
    """One coupon: what it does, what it sold and cost, where it is shared, its codes and its uses."""
    found = coupon_of(desk, coupon)
    text = request.GET.get("q", "").strip()[:40]
    codes = coupon_queries.codes(found, text=text, before=_row(request, "codes_before"))
    figures = coupon_figures.of_codes([code.pk for code in codes.codes])
    uses, uses_older = coupon_figures.uses(found, before=_row(request, "uses_before"))
    is_ours = desk.may(Permission.MANAGE_COUPONS) and found.carrier == Carrier.MERCHANT
    batches = coupon_queries.batches(found)
    facts = {
        "coupon": found,
        "effect": effect(found),
        "standing": standing(found),
        "figures": coupon_figures.of_coupons([found.pk])[found.pk],
        "lift": coupon_figures.lift(found),
        "definitions": [metrics.COUPON_GMV, metrics.COUPON_COST, metrics.COUPON_LIFT],
        "products": [row.product for row in found.products.select_related("product__store")],
        "is_ours": is_ours,
        "moves": sorted(COUPON.moves.get(CouponStatus(found.status), ())) if is_ours else [],
        "codes": [(code, figures[code.pk]) for code in codes.codes],
        "codes_older": codes.older,
        "text": text,
        "uses": uses,
        "uses_older": uses_older,
        "links": _links(found, _shared(found)),
        **progress_of(batches),
    }
    return show(request, desk, "dashboard/coupons/detail.html", facts)


@require_GET
@page(Permission.VIEW_COUPONS)
def progress(request: HttpRequest, desk: Desk, coupon: str) -> HttpResponse:
    """The part that changes while a worker makes codes."""
    found = coupon_of(desk, coupon)
    facts = progress_of(coupon_queries.batches(found))
    if request.headers.get("If-None-Match") == f'"{facts["version"]}"':
        return HttpResponseNotModified()
    is_ours = desk.may(Permission.MANAGE_COUPONS) and found.carrier == Carrier.MERCHANT
    frame = {"desk": desk, "merchant": desk.merchant, "coupon": found, "is_ours": is_ours}
    return render(request, "dashboard/coupons/batches.html", {**frame, **facts})


def progress_of(batches: list[CodeBatch]) -> dict[str, Any]:
    """How far the batches are."""
    at_work = [batch for batch in batches if batch.state == CodeBatchState.GENERATING]
    return {
        "batches": batches,
        "is_at_work": bool(at_work),
        "version": "-".join(str(batch.made) for batch in at_work) or "done",
    }


def _row(request: HttpRequest, name: str) -> UUID | None:
    text = request.GET.get(name, "")
    try:
        return UUID(text) if text else None
    except ValueError as error:
        raise NotFound(row=text[:40]) from error


def _shared(coupon: Coupon) -> str:
    """The code that links carry: the oldest that somebody thought up. Generated ones go to one buyer each."""
    found = CouponCode.objects.filter(coupon=coupon, batch__isnull=True, buyer_key__isnull=True)
    return found.order_by("id").values_list("code", flat=True).first() or ""


def _links(coupon: Coupon, code: str) -> list[tuple[str, str]]:
    """Where buyers find the code filled in already: each store and product that it is for, by its name."""
    if not code:
        return []
    query = f"?{urlencode({'code': code})}"
    named = [row.product_id for row in coupon.products.all()]
    stores = Store.objects.filter(merchant_id=coupon.merchant_id).order_by("created_at")
    products = Product.objects.filter(merchant_id=coupon.merchant_id, status=ProductStatus.LIVE)
    if coupon.store_id is not None:
        stores, products = stores.filter(pk=coupon.store_id), products.filter(store=coupon.store_id)
    if named:
        stores, products = stores.filter(products__in=named).distinct(), products.filter(pk__in=named)
    found = [(str(store.name), reverse("payments:shop", args=[store.slug])) for store in stores[:_MOST_LINKS]]
    shelf = products.select_related("store").order_by("store__slug", "position", "id")[:_MOST_LINKS]
    found += [
        (str(each.name), reverse("payments:product", args=[each.store.slug, each.slug])) for each in shelf
    ]
    return [(name, f"{settings.KEYWAY_URL}{path}{query}") for name, path in found]
