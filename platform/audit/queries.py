"""Reading the trail."""

from collections.abc import Collection
from uuid import UUID

from django.db.models import QuerySet

from kernel.actors import ActorKind

from . import origins
from .models import AuditRow

PEOPLE = (ActorKind.MEMBER, ActorKind.OPERATOR)
"""Those who do things by hand; an index knows their rows of a merchant."""


def of_subject(kind: str, key: UUID) -> QuerySet[AuditRow]:
    """What was done to one thing, newest first."""
    return AuditRow.objects.filter(subject_kind=kind, subject_id=key).order_by("-at", "-id")


def of_merchant(merchant_id: UUID) -> QuerySet[AuditRow]:
    """What was done in one merchant's affairs, newest first."""
    return AuditRow.objects.filter(merchant_id=merchant_id).order_by("-id")


def activity(
    merchant_id: UUID,
    *,
    kinds: Collection[ActorKind] | None,
    actor_id: UUID | None = None,
    before: UUID | None = None,
    count: int = 50,
) -> list[AuditRow]:
    """At most `count` rows of a merchant's affairs, newest first, behind `before`; None: of every kind."""
    rows = of_merchant(merchant_id)
    if kinds is not None:
        rows = rows.filter(actor_kind__in=kinds)
    if actor_id is not None:
        rows = rows.filter(actor_id=actor_id)
    if before is not None:
        rows = rows.filter(id__lt=before)
    return list(rows[:count])


def origin_of(row: AuditRow) -> str:
    """Where it was done from, opened; empty where none was kept. The caller decides who may see it."""
    if row.origin is None or row.actor_id is None:
        return ""
    return origins.read(row.actor_id, bytes(row.origin), row.id)
