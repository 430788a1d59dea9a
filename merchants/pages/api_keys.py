"""API keys of a merchant: made, rolled, revoked. A key is shown once, in the answer to its making."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from kernel import ids
from kernel.errors import Forbidden, Invalid, NotFound
from web import problems

from ..forms.api_key import NewKeyForm, RollForm
from ..forms.refusals import add_problem
from ..models import ApiKey
from ..roles import Permission, Role
from ..scopes import Scope, grantable
from ..services import api_keys
from .desk import Desk, page, show


@require_http_methods(["GET", "POST"])
@page(Permission.MANAGE_KEYS)
def listing(request: HttpRequest, desk: Desk) -> HttpResponse:
    """The keys that work, and the form for a new one."""
    form = NewKeyForm(request.POST or None, grantable=_grantable(desk))
    if request.method == "POST" and form.is_valid():
        try:
            made = api_keys.create(
                desk.merchant,
                form.cleaned_data["name"],
                form.chosen,
                actor=desk.actor,
                expires_at=form.expires_at,
            )
        except Invalid as problem:
            add_problem(form, problem, problems.title(problem))
        else:
            return _page(request, desk, NewKeyForm(grantable=_grantable(desk)), made=made)
    return _page(request, desk, form)


@require_POST
@page(Permission.MANAGE_KEYS)
def roll(request: HttpRequest, desk: Desk, key: str) -> HttpResponse:
    """A new key in the place of this one, which works on for a while."""
    old = _key_of(desk, key)
    if not {Scope(scope) for scope in old.scopes} <= _grantable(desk):
        raise Forbidden
    form = RollForm(request.POST)
    if not form.is_valid():
        return _page(request, desk, NewKeyForm(grantable=_grantable(desk)))
    made = api_keys.roll(old, overlap=form.cleaned_data["overlap"], actor=desk.actor)
    return _page(request, desk, NewKeyForm(grantable=_grantable(desk)), made=made)


@require_POST
@page(Permission.MANAGE_KEYS)
def revoke(request: HttpRequest, desk: Desk, key: str) -> HttpResponse:
    """End a key at once."""
    api_keys.revoke(_key_of(desk, key), actor=desk.actor)
    messages.success(request, gettext("The key is revoked; it opens nothing any more."))
    return HttpResponseRedirect(reverse("merchants:api-keys", args=[desk.merchant.key]))


def _page(
    request: HttpRequest, desk: Desk, form: NewKeyForm, *, made: tuple[ApiKey, str] | None = None
) -> HttpResponse:
    mine = _grantable(desk)
    rows = list(api_keys.usable(desk.merchant).select_related("created_by"))
    facts = {
        "form": form,
        "rows": [
            (row, RollForm(auto_id=f"{row.key}-%s") if {Scope(one) for one in row.scopes} <= mine else None)
            for row in rows
        ],
        "made": made[0] if made else None,
        "text": made[1] if made else "",
        "is_asked": bool(form.errors) or not rows,
    }
    return show(request, desk, "dashboard/developers/keys.html", facts)


def _grantable(desk: Desk) -> frozenset[Scope]:
    return grantable(Role(desk.member.role), is_sandbox=desk.merchant.is_sandbox)


def _key_of(desk: Desk, key: str) -> ApiKey:
    found = ApiKey.objects.filter(merchant=desk.merchant, pk=ids.decode("apk", key)).first()
    if found is None:
        raise NotFound(key=key[:40])
    return found
