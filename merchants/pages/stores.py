"""Stores of a merchant: opening one, its words, closing it for a while."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from kernel import ids
from kernel.errors import Invalid, NotFound
from web import problems

from ..forms.refusals import add_problem
from ..forms.store import NewStoreForm, StoreForm
from ..models import Store
from ..roles import Permission
from ..services import stores
from ..states import StoreStatus
from .desk import Desk, page, show


@require_GET
@page(Permission.VIEW_PRODUCTS)
def listing(request: HttpRequest, desk: Desk) -> HttpResponse:
    """The merchant's stores."""
    rows = Store.objects.filter(merchant=desk.merchant).order_by("created_at")
    return show(request, desk, "dashboard/stores/list.html", {"rows": rows})


@require_http_methods(["GET", "POST"])
@page(Permission.MANAGE_STORE)
def new(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Open another store. A twin's address ends in `-test`, whatever is typed."""
    form = NewStoreForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        fields = dict(form.cleaned_data)
        slug = fields.pop("slug").removesuffix("-test") + ("-test" if desk.merchant.is_sandbox else "")
        try:
            stores.create(desk.merchant, slug, actor=desk.actor, **fields)
        except Invalid as problem:
            add_problem(form, problem, problems.title(problem))
        else:
            return _back(desk)
    return show(request, desk, "dashboard/stores/edit.html", {"form": form})


@require_http_methods(["GET", "POST"])
@page(Permission.MANAGE_STORE)
def edit(request: HttpRequest, desk: Desk, store: str) -> HttpResponse:
    """Change a store's words and colour."""
    found = _store_of(desk, store)
    form = StoreForm(request.POST or None, instance=found)
    if request.method == "POST" and form.is_valid():
        stores.change(_store_of(desk, store), actor=desk.actor, **form.cleaned_data)
        messages.success(request, gettext("Saved."))
        return _back(desk)
    return show(request, desk, "dashboard/stores/edit.html", {"form": form, "store": found})


@require_POST
@page(Permission.MANAGE_STORE)
def status(request: HttpRequest, desk: Desk, store: str) -> HttpResponse:
    """Open or close a store."""
    target = request.POST.get("status", "")
    if target not in set(StoreStatus):
        raise NotFound(status=target[:20])
    stores.set_status(_store_of(desk, store), StoreStatus(target), actor=desk.actor)
    return _back(desk)


def _store_of(desk: Desk, key: str) -> Store:
    found = Store.objects.filter(merchant=desk.merchant, pk=ids.decode("sto", key)).first()
    if found is None:
        raise NotFound(store=key[:40])
    return found


def _back(desk: Desk) -> HttpResponse:
    return HttpResponseRedirect(reverse("merchants:stores", args=[desk.merchant.key]))
