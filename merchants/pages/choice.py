"""The door of the dashboard: which of the merchants a person works for, and what a phone has no room for."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_GET

from ..models import Member, Merchant, User
from ..roles import Permission
from .desk import Desk, page, show


@require_GET
def choose(request: HttpRequest) -> HttpResponse:
    """Straight on where there is only one; operators without a merchant go to the back office."""
    user = request.user
    if not isinstance(user, User):
        return HttpResponseRedirect("/account/login/")
    teams = Member.objects.filter(user=user).values_list("merchant_id", flat=True)
    mine = list(Merchant.objects.live().filter(pk__in=teams).select_related("twin").order_by("created_at"))
    if not mine and user.is_staff:
        return HttpResponseRedirect("/ops/")
    if len(mine) == 1:
        return HttpResponseRedirect(f"/m/{mine[0].key}/")
    return render(request, "account/choose.html", {"merchants": mine, "is_operator": user.is_staff})


@require_GET
@page(Permission.VIEW_PRODUCTS)
def more(request: HttpRequest, desk: Desk) -> HttpResponse:
    """The rest of the menu, for a phone."""
    return show(request, desk, "dashboard/more.html", {})
