"""The three statements of an assessment. Each stands alone: the caller has no transaction open.

First the decision is written and committed, then it is counted together with all others: of orders that come
at the same instant, the one that is written last sees them all, so no burst gets past a limit. Counted are
traces, a narrow table that keeps only what a limit watches and only for as long as the longest window.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
import psycopg
from django.db import OperationalError, connection

from .facts import Facts, Reason
from .states import Disposition, Kind, Outcome, Review
from .verdicts import Limit, Listed

# A statement gets the milliseconds that are left. The decision need not be on disk before the order is:
# whatever commits later carries it along.
_BOUNDS = "SET LOCAL statement_timeout = {}; SET LOCAL synchronous_commit = off; "

_WRITE = """
WITH decision AS (
    INSERT INTO risk_decision (id, at, merchant_id, book, store_id, product_id, quantity, amount, currency,
        method, address_key, email_key, email_domain_key, device_key, outcome, reasons, review)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 'allow', '[]', 'none')
)
INSERT INTO risk_trace (key, id, merchant_id) SELECT key, %s, %s FROM unnest(%s::uuid[]) AS key
"""
_COUNT = "(SELECT count(*) FROM (SELECT FROM risk_trace WHERE key = %s AND id > %s{} LIMIT %s) x)"
_LISTED = """(SELECT json_agg(json_build_array(id, kind, disposition)) FROM risk_list_entry
    WHERE key = ANY(%s) AND book = %s AND (merchant_id IS NULL OR merchant_id = %s)
        AND (expires_at IS NULL OR expires_at > %s))"""
_CONCLUDE = (
    "UPDATE risk_decision SET outcome = %s, reasons = %s::jsonb, review = %s WHERE id = %s RETURNING true"
)


class Late(Exception):
    """The time for this assessment is over."""


class Deadline:
    """How long an assessment may still take."""

    def __init__(self, milliseconds: int) -> None:
        self._started = time.monotonic()
        self._milliseconds = milliseconds

    @property
    def spent(self) -> int:
        """Milliseconds since the start."""
        return int((time.monotonic() - self._started) * 1000)

    @property
    def left(self) -> int:
        """Milliseconds until the end, at least one. Raises Late."""
        left = self._milliseconds - self.spent
        if left <= 0:
            raise Late
        return left


@dataclass(frozen=True, slots=True)
class Keys:
    """The fingerprints of an order; none where it has no such value."""

    address: UUID | None
    email: UUID | None
    email_domain: UUID | None
    device: UUID | None


def write(
    deadline: Deadline, decision_id: UUID, at: datetime, facts: Facts, keys: Keys, watched: Sequence[UUID]
) -> None:
    """Store the decision as allowed, and a trace for each watched key. Raises Late."""
    _run(
        deadline,
        _WRITE,
        [
            decision_id, at, facts.merchant_id, facts.book, facts.store_id, facts.product_id, facts.quantity,
            facts.total.amount, facts.total.currency, facts.method,
            keys.address, keys.email, keys.email_domain, keys.device,
            decision_id, facts.merchant_id, list(watched),
        ],
    )  # fmt: skip


def look(
    deadline: Deadline,
    at: datetime,
    facts: Facts,
    limits: Sequence[tuple[Limit, UUID]],
    listable: Sequence[UUID],
) -> tuple[list[tuple[Limit, int]], list[Listed]]:
    """How often each limit's key was seen in its window, this order included, and the entries that fit.

    Raises Late.
    """
    parts: list[str] = []
    values: list[Any] = []
    for limit, key in limits:
        parts.append(_COUNT.format("" if limit.merchant_id is None else " AND merchant_id = %s"))
        values += [key, first_id(at - timedelta(seconds=limit.seconds))]
        values += [] if limit.merchant_id is None else [limit.merchant_id]
        values.append(limit.most + 1)
    parts.append(_LISTED if listable else "NULL")
    values += [list(listable), facts.book, facts.merchant_id, at] if listable else []
    *counts, entries = _run(deadline, f"SELECT {', '.join(parts)}", values)
    listed = [Listed(UUID(id_), Kind(kind), Disposition(effect)) for id_, kind, effect in entries or []]
    return [(limit, count) for (limit, _), count in zip(limits, counts, strict=True)], listed


def conclude(deadline: Deadline, decision_id: UUID, outcome: Outcome, reasons: Sequence[Reason]) -> bool:
    """Keep an outcome that is not plainly `allow`, and say whether the decision was there. Raises Late."""
    review = Review.PENDING if outcome is Outcome.REVIEW else Review.NONE
    told = orjson.dumps([{"code": reason.code, **reason.facts} for reason in reasons]).decode()
    return bool(_run(deadline, _CONCLUDE, [outcome, told, review, decision_id]))


def first_id(moment: datetime) -> UUID:
    """A name below every UUIDv7 made at `moment` or after, and above those made before."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)


def _run(deadline: Deadline, statement: str, values: Sequence[Any]) -> Sequence[Any]:
    """Run one statement within its bounds, and give the row that it returned, if any. Raises Late.

    Inside somebody's transaction the bounds would outlive the statement and weaken what comes after: there
    it runs as it is.
    """
    bounded = not connection.in_atomic_block
    with connection.cursor() as cursor:
        try:
            cursor.execute(_BOUNDS.format(deadline.left) + statement if bounded else statement, values)
        except OperationalError as error:
            if isinstance(error.__cause__, psycopg.errors.QueryCanceled):
                raise Late from error
            raise
        if bounded:
            # The bounds' own empty results come first.
            cursor.nextset()
            cursor.nextset()
        return cursor.fetchone() or () if cursor.description else ()
