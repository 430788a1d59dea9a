"""Who did what to a thing, as a table: what every page of the back office ends with."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from audit.models import AuditRow
from kernel import ids
from kernel.actors import ActorKind
from web.backoffice import link, table
from web.templatetags.ui import moment
from web.vocabulary import word

from ..models import User

_AT_MOST = 50


def trail_of(*subjects: UUID) -> SafeString:
    """The latest deeds to these things, newest first."""
    rows = list(AuditRow.objects.filter(subject_id__in=subjects).order_by("-at", "-id")[:_AT_MOST])
    people = names_of(row.actor_id for row in rows)
    return table(
        (_("When"), _("Who"), _("What"), _("Reason")),
        [
            (moment(row.at), who(row, people), link("audit_auditrow", row.pk, row.action), row.reason)
            for row in rows
        ],
        _("Nobody has done anything yet."),
    )


def names_of(keys: Iterable[UUID | None]) -> dict[UUID, str]:
    """The e-mail addresses of people, by their keys."""
    wanted = {key for key in keys if key}
    return dict(User.objects.filter(pk__in=wanted).values_list("pk", "email")) if wanted else {}


def who(row: Any, people: dict[UUID, str]) -> SafeString | str:
    """An actor for a person to read."""
    kind = gettext(word("actor", row.actor_kind).text)
    if row.actor_id is None:
        return kind
    if row.actor_kind == ActorKind.CHANNEL:
        return format_html("{} · {}", kind, ids.encode("cac", row.actor_id))
    return format_html("{} · {}", kind, people.get(row.actor_id, row.actor_id))
