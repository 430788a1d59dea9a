"""What was sent to an endpoint, what came back, and sending it again."""

from datetime import timedelta
from typing import Any

import orjson
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_GET, require_POST

from kernel import clock, ids
from kernel.errors import Problem
from web import problems
from webhooks import queries, schedule, words
from webhooks.models import Delivery, Endpoint, PublicEvent, Secret
from webhooks.services import resends
from webhooks.states import EndpointState

from ..forms.refusals import add_problem
from ..forms.webhook import RangeForm, RollSecretForm, SinceForm
from ..roles import Permission
from .desk import Desk, page, show

VIEWS = ("pending", "delivered", "dead")


@require_GET
@page(Permission.MANAGE_WEBHOOKS)
def endpoint(request: HttpRequest, desk: Desk, endpoint: str) -> HttpResponse:
    """An endpoint and what was sent to it."""
    return shown(request, desk, _endpoint_of(desk, endpoint))


@require_GET
@page(Permission.MANAGE_WEBHOOKS)
def delivery(request: HttpRequest, desk: Desk, delivery: str) -> HttpResponse:
    """One delivery: every attempt, and the bytes that were sent."""
    found = _delivery_of(desk, delivery)
    event = PublicEvent.objects.filter(pk=found.event_id).first()
    attempts = queries.attempts(found)
    facts = {
        "delivery": found,
        "endpoint": found.endpoint,
        "event": event,
        "body": pretty(event.body) if event else "",
        "attempts": [(one, words.of_error(one.error)) for one in attempts],
        "error": words.of_error(found.error),
        "next_try": queries.next_tries([found]).get(found.pk),
        "most": schedule.ATTEMPTS,
    }
    return show(request, desk, "dashboard/webhooks/delivery.html", facts)


@require_POST
@page(Permission.MANAGE_WEBHOOKS)
def resend(request: HttpRequest, desk: Desk, delivery: str) -> HttpResponse:
    """Send one delivery again."""
    found = _delivery_of(desk, delivery)
    resends.one(found, actor=desk.actor)
    messages.success(request, gettext("It is sent again now."))
    return HttpResponseRedirect(reverse("merchants:webhook-delivery", args=[desk.merchant.key, found.key]))


@require_POST
@page(Permission.MANAGE_WEBHOOKS)
def resend_failed(request: HttpRequest, desk: Desk, endpoint: str) -> HttpResponse:
    """Send again all that failed since a time."""
    found = _endpoint_of(desk, endpoint)
    form = SinceForm(request.POST, prefix="failed")
    if form.is_valid():
        try:
            count = resends.failed(found, since=form.cleaned_data["since"], actor=desk.actor)
        except Problem as problem:
            add_problem(form, problem, f"{problems.title(problem)} {problems.advice(problem)}")
        else:
            return _done(request, desk, found, count)
    return shown(request, desk, found, failed=form)


@require_POST
@page(Permission.MANAGE_WEBHOOKS)
def replay(request: HttpRequest, desk: Desk, endpoint: str) -> HttpResponse:
    """Send again all that happened in a time range."""
    found = _endpoint_of(desk, endpoint)
    form = RangeForm(request.POST, prefix="replay")
    if form.is_valid():
        try:
            count = resends.replay(found, **form.cleaned_data, actor=desk.actor)
        except Problem as problem:
            add_problem(form, problem, f"{problems.title(problem)} {problems.advice(problem)}")
        else:
            return _done(request, desk, found, count)
    return shown(request, desk, found, replay=form)


def shown(
    request: HttpRequest, desk: Desk, endpoint: Endpoint, *, secret: str = "", **forms: Any
) -> HttpResponse:
    """The endpoint's page; with a new `secret`, the one time that it is shown."""
    view = request.GET.get("view", "")
    before = request.GET.get("before", "")
    rows = queries.deliveries(
        endpoint, state=view, before=int(before) if before.isascii() and before.isdigit() else None
    )
    due = queries.next_tries(rows[: queries.PAGE])
    now = clock.now()
    day = {"since": now - timedelta(days=1), "until": now}
    facts = {
        "endpoint": endpoint,
        "secret": secret,
        "secrets": {one.place: one for one in Secret.objects.filter(endpoint=endpoint)},
        "health": queries.health([endpoint.pk])[endpoint.pk],
        "off": words.of_off(endpoint.off_reason) if endpoint.state == EndpointState.DISABLED else "",
        "view": view if view in VIEWS else "",
        "rows": [(row, words.of_error(row.error), due.get(row.pk)) for row in rows[: queries.PAGE]],
        "older": rows[queries.PAGE - 1].number if len(rows) > queries.PAGE else None,
        "roll": RollSecretForm(auto_id="roll-%s"),
        "failed": SinceForm(prefix="failed", initial=day),
        "replay": RangeForm(prefix="replay", initial=day),
        **forms,
    }
    return show(request, desk, "dashboard/webhooks/detail.html", facts)


def pretty(body: str) -> str:
    """A body for a person: the same values, indented."""
    return orjson.dumps(orjson.loads(body), option=orjson.OPT_INDENT_2).decode()


def _done(request: HttpRequest, desk: Desk, endpoint: Endpoint, count: int) -> HttpResponse:
    said = ngettext("{n} event is sent again.", "{n} events are sent again.", count).format(n=count)
    messages.success(request, said)
    return HttpResponseRedirect(reverse("merchants:webhook", args=[desk.merchant.key, endpoint.key]))


def _endpoint_of(desk: Desk, key: str) -> Endpoint:
    return queries.endpoint(desk.merchant.pk, ids.decode("whe", key))


def _delivery_of(desk: Desk, key: str) -> Delivery:
    return queries.delivery(desk.merchant.pk, ids.decode("whd", key))
