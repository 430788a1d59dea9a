"""Period ends. An account is closed under an exclusive lock, which postings hold shared; so none is missed.

Sales go on meanwhile: many accounts are tried at once and none is waited for; what was busy is tried again,
and only an account that is busy all the time is waited for, alone and briefly.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import OperationalError, connection, transaction

BATCH = 200  # locks in one transaction: 20,000 exhaust the server's lock table
ROUNDS = 5
PAUSE_SECONDS = 0.02
PATIENCE = "250ms"  # how long sales of one busy account may be held up

_TRY = "SELECT id FROM unnest(%s::bigint[]) AS k (id) WHERE pg_try_advisory_xact_lock(id)"
_WAIT = "SELECT pg_advisory_xact_lock(%s)"

# The balance is computed by the database, whatever is written here.
_CLOSE = """
    INSERT INTO ledger_close (account_id, upto, previous, balance, closed_at)
    SELECT k.id, %(upto)s, c.upto, 0, now() FROM unnest(%(accounts)s::bigint[]) AS k (id)
    LEFT JOIN LATERAL (
        SELECT upto FROM ledger_close WHERE account_id = k.id ORDER BY upto DESC LIMIT 1
    ) AS c ON true
    WHERE c.upto IS NULL OR c.upto < %(upto)s
"""
_DUE = """
    SELECT a.id FROM ledger_account a LEFT JOIN LATERAL (
        SELECT upto FROM ledger_close WHERE account_id = a.id ORDER BY upto DESC LIMIT 1
    ) AS c ON true
    WHERE a.id > %(after)s AND EXISTS (SELECT FROM ledger_entry e WHERE e.account_id = a.id
        AND e.available_at > coalesce(c.upto, '-infinity') AND e.available_at <= %(upto)s)
    ORDER BY a.id LIMIT %(count)s
"""


@dataclass(frozen=True, slots=True)
class Closed:
    """`closed` counts closes that were written; `left` are accounts that were busy all the time."""

    closed: int
    left: tuple[int, ...]


def close(account_ids: Sequence[int], upto: datetime) -> Closed:
    """Close these accounts up to and with `upto`, in transactions of its own. Repeating it changes nothing.

    An account that is closed further already is passed over. A live account is closed only up to the present.
    """
    closed, left = 0, sorted(set(account_ids))
    for turn in range(ROUNDS):
        if turn and left:
            time.sleep(PAUSE_SECONDS)
        done, left = _round(left, upto)
        closed += done
    done, left = _insist(left, upto)
    return Closed(closed + done, tuple(left))


def close_due(upto: datetime) -> Closed:
    """Close every account on which something came up to `upto` since its last close."""
    left: list[int] = []
    closed = after = 0
    while batch := due(upto, after=after):
        result = close(batch, upto)
        closed, left, after = closed + result.closed, [*left, *result.left], batch[-1]
    return Closed(closed, tuple(left))


def due(upto: datetime, *, after: int = 0, limit: int = 2_000) -> list[int]:
    """The next accounts, by number, on which something came up to `upto` since their last close."""
    with connection.cursor() as cursor:
        cursor.execute(_DUE, {"after": after, "upto": upto, "count": limit})
        return [row[0] for row in cursor.fetchall()]


def _round(account_ids: Sequence[int], upto: datetime) -> tuple[int, list[int]]:
    closed, left = 0, []
    for batch in _batches(account_ids):
        with transaction.atomic(durable=True), connection.cursor() as cursor:
            cursor.execute(_TRY, [batch])
            free = {row[0] for row in cursor.fetchall()}
            cursor.execute(_CLOSE, {"accounts": sorted(free), "upto": upto})
            closed += cursor.rowcount
        left += [number for number in batch if number not in free]
    return closed, left


def _insist(account_ids: Sequence[int], upto: datetime) -> tuple[int, list[int]]:
    closed, left = 0, []
    for number in account_ids:
        try:
            with transaction.atomic(durable=True), connection.cursor() as cursor:
                cursor.execute("SELECT set_config('lock_timeout', %s, true)", [PATIENCE])
                cursor.execute(_WAIT, [number])
                cursor.execute(_CLOSE, {"accounts": [number], "upto": upto})
                closed += cursor.rowcount
        except OperationalError:
            left.append(number)
    return closed, left


def _batches(account_ids: Sequence[int]) -> Iterator[list[int]]:
    for start in range(0, len(account_ids), BATCH):
        yield list(account_ids[start : start + BATCH])
