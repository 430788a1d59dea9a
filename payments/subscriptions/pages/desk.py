"""A merchant's subscriptions: their figures, the list, and how they are billed."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods

from kernel import ids
from merchants.pages.desk import Desk, page, show
from merchants.roles import Permission

from .. import metrics, retention
from ..forms import PolicyForm
from ..services import policies
from . import revenue_charts, rows

_MONTHS = 6


@require_GET
@page(Permission.VIEW_SUBSCRIPTIONS, by_store=True)
def listing(request: HttpRequest, desk: Desk) -> HttpResponse:
    """A page of subscriptions, of one store or of all."""
    view, text = request.GET.get("view", ""), request.GET.get("q", "").strip()[:254]
    product, before = request.GET.get("product", ""), request.GET.get("before", "")
    found = rows.listing(
        desk.merchant,
        store=desk.store,
        view=view,
        contact=text,
        product_id=ids.decode("prd", product) if product else None,
        before=ids.decode("sub", before) if before else None,
    )
    facts = {
        "rows": found.rows,
        "older": found.older,
        "view": view,
        "text": text,
        "product": product,
        "products": rows.products(desk.merchant),
    }
    return show(request, desk, "dashboard/subscriptions/list.html", facts)


@require_GET
@page(Permission.VIEW_SUBSCRIPTIONS)
def figures(request: HttpRequest, desk: Desk) -> HttpResponse:
    """MRR, what moved it and what stays of it, churn, trials, dunning, reasons; each with its definition."""
    months = metrics.months(desk.merchant, _MONTHS)
    *whole, _ = metrics.last_months(desk.merchant, _MONTHS + 1)
    stayed = retention.months(desk.merchant, whole)
    reasons = revenue_charts.leaving(retention.reasons(desk.merchant))
    facts = {
        "standing": [
            (
                each,
                metrics.rounded(each.mrr, each.currency),
                metrics.rounded(each.committed, each.currency),
            )
            for each in metrics.standing(desk.merchant)
        ],
        "rates": [(rate, revenue_charts.share(rate)) for rate in metrics.rates(desk.merchant)],
        "charts": [
            *revenue_charts.charts(months),
            *revenue_charts.retention(stayed),
            *([reasons] if reasons else []),
        ],
        "names": {
            "mrr": metrics.MRR,
            "arr": metrics.ARR,
            "committed": metrics.COMMITTED,
            "arpu": metrics.ARPU,
        },
    }
    return show(request, desk, "dashboard/subscriptions/figures.html", facts)


@require_http_methods(["GET", "POST"])
@page(Permission.MANAGE_STORE)
def policy(request: HttpRequest, desk: Desk) -> HttpResponse:
    """How what is due is tried again, announced and ended, and what buyers may do by themselves."""
    rules = policies.of(desk.merchant.pk)
    form = PolicyForm(request.POST or None, initial=PolicyForm.initial_of(rules))
    if request.method == "POST" and form.is_valid():
        policies.change(desk.merchant.pk, actor=desk.actor, **form.cleaned_data)
        messages.success(request, gettext("Saved. What is past due already goes by the new days too."))
        return HttpResponseRedirect(reverse("subscriptions:policy", args=[desk.merchant.key]))
    facts = {"form": form, "market_days": rules.notice_days(desk.merchant.country)}
    return show(request, desk, "dashboard/subscriptions/policy.html", facts)
