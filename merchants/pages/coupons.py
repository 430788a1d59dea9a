"""Coupons of a merchant: made, changed, paused; their codes made, generated, downloaded.

The list and the page of one, which show what was sold with them, are the sale's: `payments.pages`.
"""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from kernel import ids
from kernel.errors import NotFound, Problem
from web import problems

from ..coupon_errors import CouponOfPlatform
from ..forms.coupon import CodeForm, CouponForm, GenerateForm
from ..forms.refusals import add_problem
from ..models import CodeBatch, Coupon
from ..roles import Permission
from ..services import coupon_codes, coupon_terms
from ..states import Carrier, CouponStatus
from .desk import Desk, page, show


def coupon_of(desk: Desk, key: str) -> Coupon:
    """A coupon of this merchant by its key. Raises NotFound."""
    found = (
        Coupon.objects.select_related("store", "merchant")
        .filter(merchant=desk.merchant, pk=ids.decode("cpn", key))
        .first()
    )
    if found is None:
        raise NotFound(coupon=key[:40])
    return found


@require_http_methods(["GET", "POST"])
@page(Permission.MANAGE_COUPONS)
def new(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Make a coupon, with its code if one was thought up."""
    form = CouponForm(request.POST or None, merchant=desk.merchant)
    if request.method == "POST" and form.is_valid():
        made = _made(form, desk)
        if made is not None:
            messages.success(request, gettext("The coupon is made."))
            return to_coupon(desk, made)
    return show(request, desk, "dashboard/coupons/edit.html", {"form": form})


@require_http_methods(["GET", "POST"])
@page(Permission.MANAGE_COUPONS)
def edit(request: HttpRequest, desk: Desk, coupon: str) -> HttpResponse:
    """Change a coupon; what a used one promises is shown and stays."""
    found = coupon_of(desk, coupon)
    if found.carrier == Carrier.PLATFORM:
        raise CouponOfPlatform
    form = CouponForm(request.POST or None, merchant=desk.merchant, coupon=found)
    if request.method == "POST" and form.is_valid():
        try:
            coupon_terms.change(found, actor=desk.actor, **_fields(form))
        except Problem as problem:
            add_problem(form, translated(problem), problems.title(problem))
        else:
            messages.success(request, gettext("Saved."))
            return to_coupon(desk, found)
    facts = {"form": form, "coupon": found, "is_used": form.fields["kind"].disabled}
    return show(request, desk, "dashboard/coupons/edit.html", facts)


@require_POST
@page(Permission.MANAGE_COUPONS)
def status(request: HttpRequest, desk: Desk, coupon: str) -> HttpResponse:
    """Pause a coupon, resume it, or end it for good."""
    found = coupon_of(desk, coupon)
    target = request.POST.get("status", "")
    if target not in set(CouponStatus):
        raise NotFound(status=target[:20])
    coupon_terms.enter(found, CouponStatus(target), actor=desk.actor)
    return to_coupon(desk, found)


@require_http_methods(["GET", "POST"])
@page(Permission.MANAGE_COUPONS)
def codes(request: HttpRequest, desk: Desk, coupon: str) -> HttpResponse:
    """Add a code, or generate many."""
    found = coupon_of(desk, coupon)
    bulk = request.POST.get("how") == "generate"
    one = CodeForm(None if bulk else request.POST or None, prefix="one")
    many = GenerateForm(request.POST if bulk else None, prefix="many", initial={"form_key": ids.new()})
    form = many if bulk else one
    if request.method == "POST" and form.is_valid():
        try:
            said = _generated(many, found, desk) if bulk else _added(one, found, desk)
        except Problem as problem:
            add_problem(form, _renamed(translated(problem)), problems.title(problem))
        else:
            messages.success(request, said)
            return to_coupon(desk, found)
    return show(request, desk, "dashboard/coupons/codes.html", {"coupon": found, "one": one, "many": many})


@require_POST
@page(Permission.MANAGE_COUPONS)
def download(request: HttpRequest, desk: Desk, coupon: str) -> HttpResponseBase:
    """The codes as CSV, streamed: all, or those of a batch. On record, since codes are worth money."""
    found = coupon_of(desk, coupon)
    key, batch = request.POST.get("batch", ""), None
    if key:
        batch = CodeBatch.objects.filter(coupon=found, pk=ids.decode("cpb", key)).first()
        if batch is None:
            raise NotFound(batch=key[:40])
    pieces = coupon_codes.export(found, batch=batch, actor=desk.actor)
    response = StreamingHttpResponse(pieces, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="codes-{(batch or found).key}.csv"'
    return response


def to_coupon(desk: Desk, coupon: Coupon) -> HttpResponse:
    """Back to the coupon's page."""
    return HttpResponseRedirect(reverse("payments:merchant-coupon", args=[desk.merchant.key, coupon.key]))


def translated(problem: Problem) -> Problem:
    """The same refusal with its sentences in the reader's language."""
    errors = problem.context.get("errors")
    if isinstance(errors, dict):
        problem.context["errors"] = {
            name: [gettext(str(each)) for each in sentences] for name, sentences in errors.items()
        }
    return problem


def _renamed(problem: Problem) -> Problem:
    """What the service says of `prefix` is said of the field, which cannot be called so."""
    errors = problem.context.get("errors")
    if isinstance(errors, dict) and "prefix" in errors:
        errors["begins_with"] = errors.pop("prefix")
    return problem


def _made(form: CouponForm, desk: Desk) -> Coupon | None:
    """The new coupon; None where the form now says what is wrong."""
    try:
        return coupon_codes.create_with_code(
            desk.merchant, form.cleaned_data["code"], actor=desk.actor, **_fields(form)
        )
    except Problem as problem:
        add_problem(form, translated(problem), problems.title(problem))
        return None


def _fields(form: CouponForm) -> dict[str, Any]:
    return {name: value for name, value in form.cleaned_data.items() if name != "code"}


def _added(form: CodeForm, coupon: Coupon, desk: Desk) -> str:
    made = coupon_codes.add(
        coupon,
        form.cleaned_data["code"],
        most_uses=form.cleaned_data["most_uses"],
        email=form.cleaned_data["email"],
        actor=desk.actor,
    )
    return gettext("The code {code} is there.").format(code=made.code)


def _generated(form: GenerateForm, coupon: Coupon, desk: Desk) -> str:
    batch = coupon_codes.begin(
        coupon,
        form.cleaned_data["count"],
        prefix=form.cleaned_data["begins_with"],
        actor=desk.actor,
        key=form.cleaned_data["form_key"],
    )
    if batch.finished_at is None:
        return gettext("The codes are being generated. You may leave this page.")
    return gettext("The codes are there.")
