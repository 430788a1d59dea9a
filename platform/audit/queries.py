"""Reading the trail."""

from uuid import UUID

from django.db.models import QuerySet

from . import origins
from .models import AuditRow


def of_subject(kind: str, key: UUID) -> QuerySet[AuditRow]:
    """What was done to one thing, newest first."""
    return AuditRow.objects.filter(subject_kind=kind, subject_id=key).order_by("-at", "-id")


def of_merchant(merchant_id: UUID) -> QuerySet[AuditRow]:
    """What was done in one merchant's affairs, newest first."""
    return AuditRow.objects.filter(merchant_id=merchant_id).order_by("-id")


def origin_of(row: AuditRow) -> str:
    """Where it was done from, opened; empty where none was kept. The caller decides who may see it."""
    if row.origin is None or row.actor_id is None:
        return ""
    return origins.read(row.actor_id, bytes(row.origin), row.id)
