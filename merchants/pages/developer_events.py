"""The events of a merchant, as webhooks tell them: a log to look things up in."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET

from kernel import ids
from webhooks import queries, topics

from ..roles import Permission
from .desk import Desk, page, show
from .webhook_deliveries import pretty


@require_GET
@page(Permission.MANAGE_WEBHOOKS)
def listing(request: HttpRequest, desk: Desk) -> HttpResponse:
    """What happened, newest first."""
    asked, before = request.GET.get("type", ""), request.GET.get("before", "")
    topic = asked if asked in topics.public() else ""
    rows = queries.events(
        desk.merchant.pk,
        topic=topic,
        before=int(before) if before.isascii() and before.isdigit() else None,
    )
    facts = {
        "rows": [(row, _sentence(row.topic)) for row in rows[: queries.PAGE]],
        "older": rows[queries.PAGE - 1].place if len(rows) > queries.PAGE else None,
        "topic": topic,
        "topics": list(topics.public()),
    }
    return show(request, desk, "dashboard/developers/events.html", facts)


@require_GET
@page(Permission.MANAGE_WEBHOOKS)
def detail(request: HttpRequest, desk: Desk, event: str) -> HttpResponse:
    """One event: its bytes, and where it was sent."""
    found = queries.event(desk.merchant.pk, ids.decode("evt", event))
    facts = {
        "event": found,
        "sentence": _sentence(found.topic),
        "body": pretty(found.body),
        "deliveries": queries.deliveries_of(found.pk, desk.merchant.pk),
    }
    return show(request, desk, "dashboard/developers/event.html", facts)


def _sentence(name: str) -> str:
    topic = topics.public().get(name)
    return gettext(topic.sentence) if topic else ""
