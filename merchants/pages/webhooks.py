"""Webhook endpoints of a merchant: made, changed, tried out, switched off and on. A secret is shown once."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from kernel import ids
from kernel.books import Book
from kernel.errors import Problem
from web import problems
from webhooks import queries
from webhooks.models import Endpoint
from webhooks.services import endpoints, secrets
from webhooks.states import OffReason

from ..forms.refusals import add_problem
from ..forms.webhook import EndpointForm, RollSecretForm
from ..roles import Permission
from . import webhook_deliveries
from .desk import Desk, page, show


@require_GET
@page(Permission.MANAGE_WEBHOOKS)
def listing(request: HttpRequest, desk: Desk) -> HttpResponse:
    """The endpoints, and how they do."""
    rows = list(queries.endpoints(desk.merchant.pk))
    health = queries.health([row.pk for row in rows])
    facts = {"rows": [(row, health[row.pk]) for row in rows]}
    return show(request, desk, "dashboard/webhooks/list.html", facts)


@require_http_methods(["GET", "POST"])
@page(Permission.MANAGE_WEBHOOKS)
def new(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Make an endpoint; the answer shows its secret."""
    form = EndpointForm(request.POST or None, initial={"topics": ["order.*"]})
    if request.method == "POST" and form.is_valid():
        try:
            made, secret = endpoints.create(
                *(desk.merchant.pk, Book(desk.merchant.book)),
                url=form.cleaned_data["url"].strip(),
                filters=form.cleaned_data["topics"],
                description=form.cleaned_data["description"],
                actor=desk.actor,
            )
        except Problem as problem:
            add_problem(form, problem, f"{problems.title(problem)} {problems.advice(problem)}")
        else:
            return webhook_deliveries.shown(request, desk, made, secret=secret)
    return show(request, desk, "dashboard/webhooks/edit.html", {"form": form})


@require_http_methods(["GET", "POST"])
@page(Permission.MANAGE_WEBHOOKS)
def edit(request: HttpRequest, desk: Desk, endpoint: str) -> HttpResponse:
    """Change where it is and what it hears of."""
    found = endpoint_of(desk, endpoint)
    initial = {"url": found.url, "description": found.description, "topics": found.topics}
    form = EndpointForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            endpoints.change(
                found,
                url=form.cleaned_data["url"].strip(),
                filters=form.cleaned_data["topics"],
                description=form.cleaned_data["description"],
                actor=desk.actor,
            )
        except Problem as problem:
            add_problem(form, problem, problems.title(problem))
        else:
            messages.success(request, gettext("Saved."))
            return back(desk, found)
    return show(request, desk, "dashboard/webhooks/edit.html", {"form": form, "endpoint": found})


@require_POST
@page(Permission.MANAGE_WEBHOOKS)
def roll(request: HttpRequest, desk: Desk, endpoint: str) -> HttpResponse:
    """A new secret, beside which the old one signs for a while."""
    found = endpoint_of(desk, endpoint)
    form = RollSecretForm(request.POST)
    if not form.is_valid():
        return back(desk, found)
    secret = secrets.roll(found, overlap=form.cleaned_data["overlap"], actor=desk.actor)
    return webhook_deliveries.shown(request, desk, found, secret=secret)


@require_POST
@page(Permission.MANAGE_WEBHOOKS)
def ping(request: HttpRequest, desk: Desk, endpoint: str) -> HttpResponse:
    """Send a test event."""
    found = endpoint_of(desk, endpoint)
    endpoints.ping(found, actor=desk.actor)
    messages.success(request, gettext("A test event is on its way; it appears below in a moment."))
    return back(desk, found)


@require_POST
@page(Permission.MANAGE_WEBHOOKS)
def disable(request: HttpRequest, desk: Desk, endpoint: str) -> HttpResponse:
    """Switch it off."""
    found = endpoint_of(desk, endpoint)
    endpoints.disable(found, OffReason.MERCHANT, actor=desk.actor)
    messages.success(request, gettext("The endpoint is switched off; nothing more is sent to it."))
    return back(desk, found)


@require_POST
@page(Permission.MANAGE_WEBHOOKS)
def enable(request: HttpRequest, desk: Desk, endpoint: str) -> HttpResponse:
    """Switch it on again."""
    found = endpoint_of(desk, endpoint)
    endpoints.enable(found, actor=desk.actor)
    messages.success(request, gettext("The endpoint is on. What happened meanwhile can be sent again below."))
    return back(desk, found)


@require_POST
@page(Permission.MANAGE_WEBHOOKS)
def remove(request: HttpRequest, desk: Desk, endpoint: str) -> HttpResponse:
    """Take it away."""
    endpoints.remove(endpoint_of(desk, endpoint), actor=desk.actor)
    messages.success(request, gettext("The endpoint is removed."))
    return HttpResponseRedirect(reverse("merchants:webhooks", args=[desk.merchant.key]))


def endpoint_of(desk: Desk, key: str) -> Endpoint:
    """The merchant's endpoint of this name. Raises NotFound."""
    return queries.endpoint(desk.merchant.pk, ids.decode("whe", key))


def back(desk: Desk, endpoint: Endpoint) -> HttpResponse:
    """To the endpoint's page."""
    return HttpResponseRedirect(reverse("merchants:webhook", args=[desk.merchant.key, endpoint.key]))
