"""Writing the trail: one INSERT for any number of rows, in the transaction of what they tell about."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from django.db import connection
from structlog.contextvars import get_contextvars

from kernel import ids
from kernel.actors import Actor

from . import origins

Subject = tuple[str, UUID]

_INSERT = """
    INSERT INTO audit_row (id, actor_kind, actor_id, origin, action, subject_kind, subject_id, merchant_id,
                           reason, facts, request)
    VALUES """
_VALUES = "(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s::jsonb, %s)"
_NO_FACTS = "{}"


@dataclass(frozen=True, slots=True)
class Row:
    """One deed. `action` is dotted ("refund.approved"); `facts` holds ids and figures, never a secret."""

    actor: Actor
    action: str
    subject: Subject
    merchant_id: UUID | None = None
    reason: str = ""
    facts: Mapping[str, Any] | None = None


def record(
    actor: Actor,
    action: str,
    subject: Subject,
    *,
    merchant_id: UUID | None = None,
    reason: str = "",
    facts: Mapping[str, Any] | None = None,
) -> None:
    """Record one deed in the caller's transaction."""
    record_many([Row(actor, action, subject, merchant_id, reason, facts)])


def record_many(rows: Sequence[Row]) -> None:
    """Record deeds in the caller's transaction, by one INSERT."""
    if not rows:
        return
    request = get_contextvars().get("incident", "")
    values: list[Any] = []
    for row in rows:
        key = ids.new()
        values += (
            key,
            row.actor.kind,
            row.actor.id,
            origins.seal(row.actor, key),
            row.action,
            *row.subject,
            row.merchant_id,
            row.reason,
            orjson.dumps(row.facts).decode() if row.facts else _NO_FACTS,
            request,
        )
    with connection.cursor() as cursor:
        cursor.execute(_INSERT + ", ".join([_VALUES] * len(rows)), values)
