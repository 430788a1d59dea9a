"""A buyer's settings: language, address, sessions, the end of the account."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from web import preferences, problems
from web.answers import SeeOther
from web.hops import network_of

from .. import sessions
from ..errors import AddressTaken, CodeGone, WrongCode
from ..forms import BothCodesForm, EraseForm, LanguageForm, NewEmailForm
from ..keys import email_key
from ..models import Buyer
from ..services import addresses, erasure, sign_in
from .door import signed_in

_OLD, _NEW = "old_email", "new_email"


@signed_in
@require_GET
def show(request: HttpRequest, buyer: Buyer) -> HttpResponse:
    """All of them on one page."""
    facts = {
        "buyer": buyer,
        "email": buyer.address,
        "form": LanguageForm(initial={"language": buyer.language}),
        "since": sessions.since(request),
        "done": request.GET.get("done", ""),
    }
    return render(request, "my/settings.html", facts)


@signed_in
@require_POST
def language(request: HttpRequest, buyer: Buyer) -> HttpResponse:
    """Choose the language of mails, and of the pages in this browser."""
    form = LanguageForm(request.POST)
    if not form.is_valid():
        return SeeOther(reverse("buyers:settings"))
    chosen = form.cleaned_data["language"]
    sign_in.choose_language(buyer, chosen)
    response = SeeOther(f"{reverse('buyers:settings')}?done=language")
    preferences.keep_language(request, response, chosen)
    return response


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def email(request: HttpRequest, buyer: Buyer) -> HttpResponse:
    """Ask for the new address, and mail a code to both."""
    form = NewEmailForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        wanted = form.cleaned_data["email"]
        if email_key(wanted) != bytes(buyer.email_key or b""):
            asked = addresses.ask(buyer, wanted, asker=network_of(request.META.get("REMOTE_ADDR", "")))
            store = sessions.of(request)
            store[_OLD], store[_NEW] = asked.old.hex, asked.new.hex
            response = SeeOther(reverse("buyers:email-codes"))
            sessions.keep(request, response)
            return response
        form.add_error("email", gettext("That is your present address."))
    facts = {"buyer": buyer, "form": form, "email": buyer.address}
    return render(request, "my/email.html", facts, status=400 if form.is_bound else 200)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def email_codes(request: HttpRequest, buyer: Buyer) -> HttpResponse:
    """Take both codes, and move."""
    store = sessions.of(request)
    if _OLD not in store or _NEW not in store:
        return SeeOther(reverse("buyers:email"))
    form = BothCodesForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        asked = addresses.Asked(old=UUID(hex=store[_OLD]), new=UUID(hex=store[_NEW]))
        typed, asker = form.cleaned_data, network_of(request.META.get("REMOTE_ADDR", ""))
        try:
            moved = addresses.change(buyer, asked, old=typed[_OLD], new=typed[_NEW], asker=asker)
        except WrongCode as wrong:
            form.add_error(str(wrong.context["purpose"]), problems.title(wrong))
        except (CodeGone, AddressTaken) as refusal:
            form.add_error(None, f"{problems.title(refusal)} {problems.advice(refusal)}")
        else:
            response = SeeOther(f"{reverse('buyers:settings')}?done=email")
            sessions.start(request, response, moved)
            return response
    facts = {"buyer": buyer, "form": form, "email": buyer.address}
    return render(request, "my/email_codes.html", facts, status=400 if form.is_bound else 200)


@signed_in
@require_POST
def leave_everywhere(request: HttpRequest, buyer: Buyer) -> HttpResponse:
    """End every session, this one as well."""
    sign_in.sign_out_everywhere(buyer)
    response = SeeOther(reverse("buyers:sign-in"))
    sessions.end(request, response)
    return response


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def erase(request: HttpRequest, buyer: Buyer) -> HttpResponse:
    """Say what goes and what stays; then forget the buyer."""
    form = EraseForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        erasure.erase(buyer)
        response: HttpResponse = render(request, "my/erased.html")
        sessions.end(request, response)
        sessions.forget(response)
        return response
    facts = {"buyer": buyer, "form": form, "email": buyer.address}
    return render(request, "my/erase.html", facts, status=400 if form.is_bound else 200)
