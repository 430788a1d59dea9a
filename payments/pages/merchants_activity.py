"""What was done in a merchant's affairs: who, what, when, from where, and why."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET

from audit import queries as trail
from audit.models import AuditRow
from audit.queries import PEOPLE
from kernel import ids
from kernel.actors import ActorKind
from merchants.models import ApiKey, Member, User
from merchants.pages.desk import Desk, page, show
from merchants.roles import Permission
from vault.errors import Unreadable

from .deeds import deed_said

_PAGE = 50
# What a row may be about, its prefix and its page here, if it has one.
_PAGES = {
    "order": ("ord", "payments:merchant-order"),
    "product": ("prd", "merchants:product"),
    "store": ("sto", "merchants:store"),
    "stock_batch": ("imp", "merchants:batch"),
    "statement": ("stm", "settlement:statement"),
    "payout": ("po", "settlement:payout"),
    "subscription": ("sub", "subscriptions:one"),
}


@dataclass(frozen=True, slots=True)
class Done:
    """One line of the log, for a person to read."""

    at: datetime
    who: str
    what: str
    origin: str
    reason: str
    link: str


@require_GET
@page(Permission.MANAGE_TEAM)
def listing(request: HttpRequest, desk: Desk) -> HttpResponse:
    """A page of the log: what people did, or everything; of one person, if asked."""
    everything, person = request.GET.get("view") == "all", request.GET.get("person", "")
    before = request.GET.get("before", "")
    member = _member_of(desk, person) if person else None
    rows = trail.activity(
        desk.merchant.pk,
        kinds=None if everything else PEOPLE,
        actor_id=member.user_id if member else None,
        before=ids.decode("aud", before) if before else None,
        count=_PAGE + 1,
    )
    facts = {
        "everything": everything,
        "person": person,
        "members": Member.objects.filter(merchant_id=desk.merchant.team_id).select_related("user"),
        "rows": _read(desk, rows[:_PAGE]),
        "older": ids.encode("aud", rows[_PAGE - 1].pk) if len(rows) > _PAGE else "",
    }
    return show(request, desk, "dashboard/activity.html", facts)


def _member_of(desk: Desk, key: str) -> Member | None:
    return Member.objects.filter(merchant_id=desk.merchant.team_id, pk=ids.decode("mem", key)).first()


def _read(desk: Desk, rows: list[AuditRow]) -> list[Done]:
    actors = {row.actor_id for row in rows if row.actor_id}
    people = dict(User.objects.filter(pk__in=actors).values_list("pk", "name"))
    programs = dict(ApiKey.objects.filter(merchant=desk.merchant, pk__in=actors).values_list("pk", "name"))
    return [
        Done(
            at=row.at,
            who=_who(row, people, programs),
            what=deed_said(row.action),
            origin=_origin(row),
            reason=row.reason,
            link=_link(desk, row),
        )
        for row in rows
    ]


def _who(row: AuditRow, people: dict[UUID, str], programs: dict[UUID, str]) -> str:
    """Members and programs by their names; the platform's own people as the platform."""
    key = row.actor_id
    match row.actor_kind:
        case ActorKind.MEMBER if key:
            return people.get(key, gettext("Somebody who has left"))
        case ActorKind.API_KEY if key:
            return gettext("API key {name}").format(name=programs.get(key, ""))
        case ActorKind.OPERATOR:
            return gettext("The platform")
        case ActorKind.BUYER:
            return gettext("Buyer")
        case ActorKind.CHANNEL:
            return gettext("Channel")
    return gettext("System")


def _origin(row: AuditRow) -> str:
    if row.actor_kind != ActorKind.MEMBER:
        return ""
    try:
        return trail.origin_of(row)
    except Unreadable:
        return gettext("erased")


def _link(desk: Desk, row: AuditRow) -> str:
    prefix, name = _PAGES.get(row.subject_kind, ("", ""))
    return reverse(name, args=[desk.merchant.key, ids.encode(prefix, row.subject_id)]) if name else ""
