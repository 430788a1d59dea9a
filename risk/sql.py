"""The statements of an assessment. The caller has no transaction open: they make their own, with one trip.

First the decision is written and committed, then it is counted together with all others: of orders that come
at the same instant, the one that is written last sees them all, so no burst gets past a limit. Counted are
traces, a narrow table that keeps only what a limit watches and only for as long as the longest window.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import count
from typing import Any
from uuid import UUID

import orjson
import psycopg
from django.db import OperationalError, connection
from psycopg.types.numeric import Int8

from prepared import Statement, at_once

from .facts import Facts, Reason
from .states import Disposition, Kind, Outcome, Review
from .verdicts import Limit, Listed

# A statement gets the milliseconds that are left, on the server's own clock. The decision need not be on disk
# before the order is: whatever commits later carries it along.
_BEGIN, _COMMIT = Statement("BEGIN"), Statement("COMMIT")
_FIRST_BOUNDS = Statement("""
SELECT set_config('statement_timeout', $1::bigint::text, true), set_config('synchronous_commit', 'off', true),
    set_config('keyway.until', ((extract(epoch FROM clock_timestamp()) * 1000)::bigint + $1)::text, false)
""")
_NEXT_BOUNDS = Statement("""
SELECT set_config('statement_timeout', greatest(1, current_setting('keyway.until')::bigint
    - (extract(epoch FROM clock_timestamp()) * 1000)::bigint)::text, true)
""")
_BOUNDS = "SET LOCAL statement_timeout = {}; SET LOCAL synchronous_commit = off; "

_WRITE = Statement("""
WITH decision AS (
    INSERT INTO risk_decision (id, at, merchant_id, book, store_id, product_id, quantity, amount, currency,
        method, address_key, email_key, email_domain_key, device_key, outcome, reasons, review)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 'allow', '[]', 'none')
)
INSERT INTO risk_trace (key, id, merchant_id) SELECT key, $1, $3 FROM unnest($15::uuid[]) AS key
""")
_COUNT = "(SELECT count(*) FROM (SELECT FROM risk_trace WHERE key = ${} AND id > ${}{} LIMIT ${}::bigint) x)"
_LISTED = """(SELECT json_agg(json_build_array(id, kind, disposition)) FROM risk_list_entry
    WHERE key = ANY(${}::uuid[]) AND book = ${} AND (merchant_id IS NULL OR merchant_id = ${})
        AND (expires_at IS NULL OR expires_at > ${}::timestamptz))"""
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


def write_and_look(
    deadline: Deadline,
    decision_id: UUID,
    at: datetime,
    facts: Facts,
    keys: Keys,
    limits: Sequence[tuple[Limit, UUID]],
    listable: Sequence[UUID],
) -> tuple[list[tuple[Limit, int]], list[Listed]]:
    """Store the decision as allowed, with a trace for each key that a limit watches; then, once that is
    committed, how often each limit's key was seen in its window, this order included, and the entries of the
    lists that fit. Raises Late.
    """
    write = (_WRITE, _decision(decision_id, at, facts, keys, limits))
    look = _question(at, facts, limits, listable)
    if connection.in_atomic_block:
        # Inside somebody's transaction the bounds would outlive the statements and weaken what comes after.
        write[0].run(*write[1])
        found = look[0].rows(*look[1]) if look else []
    else:
        asked = [(_BEGIN, ()), (_FIRST_BOUNDS, (deadline.left,)), write, (_COMMIT, ())]
        asked += [(_BEGIN, ()), (_NEXT_BOUNDS, ()), look, (_COMMIT, ())] if look else []
        with _lateness():
            answers = at_once(*asked)
        found = answers[-2] if look else []
    *counts, entries = found[0] if found else (None,)
    listed = [Listed(UUID(id_), Kind(kind), Disposition(effect)) for id_, kind, effect in entries or []]
    return [(limit, count) for (limit, _), count in zip(limits, counts, strict=True)], listed


def _decision(
    decision_id: UUID, at: datetime, facts: Facts, keys: Keys, limits: Sequence[tuple[Limit, UUID]]
) -> list[Any]:
    return [
        decision_id, at, facts.merchant_id, facts.book, facts.store_id, facts.product_id,
        Int8(facts.quantity), Int8(facts.total.amount), facts.total.currency, facts.method,
        keys.address, keys.email, keys.email_domain, keys.device, list({key: None for _, key in limits}),
    ]  # fmt: skip


def _question(
    at: datetime, facts: Facts, limits: Sequence[tuple[Limit, UUID]], listable: Sequence[UUID]
) -> tuple[Statement, list[Any]] | None:
    """What is to be counted and looked up; None where that is nothing."""
    if not limits and not listable:
        return None
    values: list[Any] = []
    for limit, key in limits:
        values += [key, first_id(at - timedelta(seconds=limit.seconds))]
        values += [] if limit.merchant_id is None else [limit.merchant_id]
        values.append(Int8(limit.most + 1))
    values += [list(listable), facts.book, facts.merchant_id, at] if listable else []
    return _asking(tuple(limit.merchant_id is not None for limit, _ in limits), bool(listable)), values


@lru_cache(maxsize=256)
def _asking(of_merchant: tuple[bool, ...], lists: bool) -> Statement:
    """The statement for so many limits, some of which count one merchant's orders alone."""
    place = count(1)
    parts = []
    for is_own in of_merchant:
        key, since = next(place), next(place)
        own = f" AND merchant_id = ${next(place)}" if is_own else ""
        parts.append(_COUNT.format(key, since, own, next(place)))
    parts.append(_LISTED.format(*(next(place) for _ in range(4))) if lists else "NULL::json")
    return Statement(f"SELECT {', '.join(parts)}")


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
        with _lateness():
            cursor.execute(_BOUNDS.format(deadline.left) + statement if bounded else statement, values)
        if bounded:
            # The bounds' own empty results come first.
            cursor.nextset()
            cursor.nextset()
        return cursor.fetchone() or () if cursor.description else ()


@contextmanager
def _lateness() -> Iterator[None]:
    try:
        yield
    except OperationalError as error:
        if isinstance(error.__cause__, psycopg.errors.QueryCanceled):
            raise Late from error
        raise
