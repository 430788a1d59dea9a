"""The gate before the dashboard and the back office: closed unless everything is shown to be right.

A new address under these prefixes is behind it without anybody thinking of it.
"""

from collections.abc import Callable
from urllib.parse import urlencode

from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.models import Authenticator
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse

from kernel.errors import NotFound
from web import problems

MEMBERS, OPERATORS = "/m/", "/ops/"
SECOND_FACTOR = "mfa"
# Where a person changes how they sign in: with a second factor set up, a password alone is not enough here.
_OWN = ("/account/security/", "/account/password/change/")
_ASKING = ("/account/security/code/", "/account/security/confirm/")


class Gate:
    """Sends whoever comes to the next thing that is missing: signing in, enrolment, the code."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        path = request.path_info
        inside = path.startswith((MEMBERS, OPERATORS))
        if not inside and (not path.startswith(_OWN) or path.startswith(_ASKING)):
            return self.get_response(request)
        if not request.user.is_authenticated:
            return _to("account_login", request)
        if path.startswith(OPERATORS) and not request.user.is_staff:
            return problems.render(request, NotFound())
        if not _has_one(request):
            return _to("mfa_activate_totp", request) if inside else self.get_response(request)
        if not has_shown_it(request):
            return _to("mfa_reauthenticate", request)
        return self.get_response(request)


def _has_one(request: HttpRequest) -> bool:
    mine = Authenticator.objects.filter(user_id=request.user.pk, type=Authenticator.Type.TOTP)
    return bool(mine.exists())


def has_shown_it(request: HttpRequest) -> bool:
    """Whether this session, not only this person, has shown a second factor."""
    records = get_authentication_records(request, request.user)
    return any(record.get("method") == SECOND_FACTOR for record in records)


def _to(name: str, request: HttpRequest) -> HttpResponseRedirect:
    back = request.get_full_path() if request.method in ("GET", "HEAD") else request.path
    return HttpResponseRedirect(f"{reverse(name)}?{urlencode({'next': back})}")
