"""Plans of a membership: their list, one with its versions, its draft; published, archived, brought back."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from kernel import clock, ids
from kernel.errors import Invalid, NotFound, Problem
from kernel.intervals import Unit, boundary
from web import problems

from ..errors import NotAMembership
from ..forms.plan import PlanForm, TermsForm
from ..forms.refusals import add_problem
from ..models import Merchant, Plan, PlanVersion, Product
from ..roles import Permission
from ..services import plans
from ..services.plans import Terms
from ..states import ProductKind
from .desk import Desk, page, show
from .products import product_of

_RENEWALS = 5


def plan_of(desk: Desk, key: str) -> Plan:
    """A plan of this merchant by its key. Raises NotFound."""
    found = (
        Plan.objects.select_related("product__store")
        .prefetch_related("versions__prices")
        .filter(merchant=desk.merchant, pk=ids.decode("pln", key))
        .first()
    )
    if found is None:
        raise NotFound(plan=key[:40])
    return found


@require_GET
@page(Permission.VIEW_PRODUCTS)
def listing(request: HttpRequest, desk: Desk, product: str) -> HttpResponse:
    """The plans of a membership, those that are sold first."""
    found = _membership(desk, product)
    rows = Plan.objects.filter(product=found).prefetch_related("versions__prices").order_by("position", "id")
    cards = sorted((_card(plan) for plan in rows), key=lambda card: card["plan"].status == "archived")
    return show(request, desk, "dashboard/plans/list.html", {"product": found, "cards": cards})


@require_http_methods(["GET", "POST"])
@page(Permission.MANAGE_PRODUCTS)
def new(request: HttpRequest, desk: Desk, product: str) -> HttpResponse:
    """A new plan with its first version; nobody is sold it before it is published."""
    found = _membership(desk, product)
    sent = request.POST if request.method == "POST" else None
    form, terms = PlanForm(sent), TermsForm(sent, currency=found.currency)
    if sent is not None and form.is_valid() & terms.is_valid():
        try:
            fields = form.cleaned_data
            plan = plans.create(found, actor=desk.actor, terms=terms.cleaned_data["terms"], **fields)
        except Problem as problem:
            _add(form, terms, problem)
        else:
            messages.success(request, gettext("Saved as a draft. Look it through, then publish it."))
            return _to(desk, plan)
    facts = {"form": form, "terms": terms, "product": found}
    return show(request, desk, "dashboard/plans/edit.html", facts)


@require_GET
@page(Permission.VIEW_PRODUCTS)
def detail(request: HttpRequest, desk: Desk, plan: str) -> HttpResponse:
    """A plan: what is sold, what is drafted, when each would renew, and what was sold before."""
    found = plan_of(desk, plan)
    card = _card(found)
    facts = card | {
        "product": found.product,
        "older": [each for each in reversed(found.versions.all()) if not each.is_draft],
        "current_dates": _preview(card["current"], desk.merchant),
        "draft_dates": _preview(card["draft"], desk.merchant),
    }
    return show(request, desk, "dashboard/plans/detail.html", facts)


@require_http_methods(["GET", "POST"])
@page(Permission.MANAGE_PRODUCTS)
def edit(request: HttpRequest, desk: Desk, plan: str) -> HttpResponse:
    """Its names and its place."""
    found = plan_of(desk, plan)
    initial = {name: getattr(found, name) for name in PlanForm.base_fields}
    form = PlanForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            plans.change(found, actor=desk.actor, **form.cleaned_data)
        except Problem as problem:
            add_problem(form, problem, problems.title(problem))
        else:
            messages.success(request, gettext("Saved."))
            return _to(desk, found)
    facts = {"form": form, "product": found.product, "plan": found}
    return show(request, desk, "dashboard/plans/edit.html", facts)


@require_http_methods(["GET", "POST"])
@page(Permission.MANAGE_PRODUCTS)
def version(request: HttpRequest, desk: Desk, plan: str) -> HttpResponse:
    """Write the plan's draft, beginning with the one there is, or with what is sold."""
    found = plan_of(desk, plan)
    known = list(found.versions.all())
    before = Terms.of(known[-1]) if known else None
    sent = request.POST if request.method == "POST" else None
    terms = TermsForm(sent, currency=found.product.currency, terms=before)
    if sent is not None and terms.is_valid():
        try:
            plans.draft_version(found, terms.cleaned_data["terms"], actor=desk.actor)
        except Problem as problem:
            _add(None, terms, problem)
        else:
            messages.success(request, gettext("Saved as a draft. Look it through, then publish it."))
            return _to(desk, found)
    is_sold = any(not each.is_draft for each in known)
    facts = {"terms": terms, "product": found.product, "plan": found, "is_sold": is_sold}
    return show(request, desk, "dashboard/plans/edit.html", facts)


@require_POST
@page(Permission.MANAGE_PRODUCTS)
def status(request: HttpRequest, desk: Desk, plan: str) -> HttpResponse:
    """Publish or discard the draft; archive the plan or bring it back."""
    found = plan_of(desk, plan)
    asked = request.POST.get("do", "")
    if asked == "publish":
        number = plans.publish(found, actor=desk.actor).number
        said = gettext("Version {number} is sold from now on.").format(number=number)
    elif asked == "discard":
        plans.discard(found, actor=desk.actor)
        said = gettext("The draft is gone.")
    elif asked == "archive":
        plans.archive(found, actor=desk.actor)
        said = gettext("The plan is sold no more. Subscribers keep it.")
    elif asked == "restore":
        plans.restore(found, actor=desk.actor)
        said = gettext("The plan is back.")
    else:
        raise NotFound(do=asked[:20])
    messages.success(request, said)
    return _to(desk, found)


def _membership(desk: Desk, key: str) -> Product:
    found = product_of(desk, key)
    if found.kind != ProductKind.MEMBERSHIP:
        raise NotAMembership
    return found


def _card(plan: Plan) -> dict[str, Any]:
    """A plan with what is sold of it and what is drafted."""
    known = list(plan.versions.all())
    published = [each for each in known if not each.is_draft]
    return {
        "plan": plan,
        "current": published[-1] if published else None,
        "draft": next((each for each in known if each.is_draft), None),
    }


def _preview(version: PlanVersion | None, merchant: Merchant) -> dict[str, Any] | None:
    """When somebody who subscribes now pays for the first time, and the renewals that follow."""
    if version is None:
        return None
    starts = clock.now(merchant)
    first = starts + timedelta(days=version.trial_days)
    return {"starts": starts, "first": first, "renewals": _renewals(version, first, merchant.time_zone)}


def _renewals(version: PlanVersion, first: datetime, zone: str) -> list[datetime]:
    unit, count = Unit(version.unit), version.count
    return [boundary(first, zone, unit, count, step) for step in range(1, _RENEWALS + 1)]


def _add(form: PlanForm | None, terms: TermsForm, problem: Problem) -> None:
    """Show a refusal in the form that has its field."""
    errors = problem.context.get("errors") if isinstance(problem, Invalid) else None
    target = terms if form is None or (errors and set(errors) - set(form.fields)) else form
    add_problem(target, problem, problems.title(problem))


def _to(desk: Desk, plan: Plan) -> HttpResponse:
    return HttpResponseRedirect(reverse("merchants:plan", args=[desk.merchant.key, plan.key]))
