"""Writing the trail: one INSERT for any number of rows, in the transaction of what they tell about."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from structlog.contextvars import get_contextvars

from kernel import ids
from kernel.actors import Actor
from prepared import Statement

from . import origins

Subject = tuple[str, UUID]

_INSERT = Statement("""
    INSERT INTO audit_row (id, actor_kind, actor_id, origin, action, subject_kind, subject_id, merchant_id,
        reason, facts, request)
    SELECT id, actor_kind, actor_id, decode(origin, 'hex'), action, subject_kind, subject_id, merchant_id,
        reason, facts, request
    FROM json_to_recordset($1::json) AS r (id uuid, actor_kind text, actor_id uuid, origin text, action text,
        subject_kind text, subject_id uuid, merchant_id uuid, reason text, facts jsonb, request text)
""")


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
    written = []
    for row in rows:
        key = ids.new()
        origin = origins.seal(row.actor, key)
        written.append(
            {
                "id": key,
                "actor_kind": row.actor.kind,
                "actor_id": row.actor.id,
                "origin": origin.hex() if origin else None,
                "action": row.action,
                "subject_kind": row.subject[0],
                "subject_id": row.subject[1],
                "merchant_id": row.merchant_id,
                "reason": row.reason,
                "facts": row.facts or {},
                "request": request,
            }
        )
    _INSERT.send(orjson.dumps(written).decode())
