"""Signing in: an address, a code by mail. The answer is the same for every address."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from web import problems
from web.answers import SeeOther
from web.hops import network_of
from web.secrecy import secret_address

from .. import sessions
from ..errors import CodeGone, WrongCode
from ..forms import CodeForm, EmailForm
from ..models import Purpose
from ..services import codes, sign_in
from .door import inside

_CODE, _NEXT = "sign_in", "next"


@secret_address
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """Ask for an address, and mail a code to it."""
    goal = inside(request.GET.get("next", ""))
    if sessions.current(request) is not None:
        return SeeOther(goal or "/my/")
    form = EmailForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        email, store = form.cleaned_data["email"], sessions.of(request)
        code_id = sign_in.ask(
            email,
            language=_language(request),
            asker=_asker(request),
            is_familiar=sessions.is_familiar(request, email),
            instead=UUID(hex=store[_CODE]) if _CODE in store else None,
        )
        store[_CODE], store[_NEXT] = code_id.hex, goal
        response = SeeOther(reverse("buyers:code"))
        sessions.keep(request, response)
        return response
    facts = {"form": form}
    return render(request, "my/sign_in.html", facts, status=400 if form.is_bound else 200)


@secret_address
@require_http_methods(["GET", "HEAD", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    """Take the code that was mailed."""
    store = sessions.of(request)
    if _CODE not in store:
        return SeeOther(reverse("buyers:sign-in"))
    code_id, goal, form = (
        UUID(hex=store[_CODE]),
        inside(store.get(_NEXT, "")),
        CodeForm(request.POST if request.method == "POST" else None),
    )
    if request.method == "POST" and form.is_valid():
        try:
            buyer = sign_in.finish(
                code_id, form.cleaned_data["code"], language=_language(request), asker=_asker(request)
            )
        except WrongCode as wrong:
            form.add_error("code", problems.title(wrong))
        except CodeGone as gone:
            form.add_error("code", f"{problems.title(gone)} {problems.advice(gone)}")
        else:
            response = SeeOther(goal or "/my/")
            sessions.start(request, response, buyer)
            return response
    facts = {"form": form, "email": codes.address_of(code_id, Purpose.SIGN_IN)}
    return render(request, "my/code.html", facts, status=400 if form.is_bound else 200)


@secret_address
@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """Sign out with this browser."""
    response = SeeOther(reverse("buyers:sign-in"))
    sessions.end(request, response)
    return response


def _asker(request: HttpRequest) -> str:
    return network_of(request.META.get("REMOTE_ADDR", ""))


def _language(request: HttpRequest) -> str:
    return str(getattr(request, "LANGUAGE_CODE", ""))
