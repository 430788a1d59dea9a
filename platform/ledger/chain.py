"""The chain of hashes over transactions, computed behind the commit.

A transaction is linked once no transaction that began before it can still commit: only those below the
horizon `pg_snapshot_xmin` are taken, in the order of their transaction numbers. So the chain has no holes
to fill later, and the sale does not wait for it. Whoever alters a row afterwards must recompute every link
behind it, and the heads that were published before say otherwise.
"""

import hashlib
from uuid import UUID

from django.db import connection, transaction

LOCK = 0x6C65_6467_6572  # one chainer at a time
START = bytes(32)  # what the first link stands on

# Everything of a transaction and its legs, in a form that does not depend on the session's settings.
CONTENT = """
    jsonb_build_array(
        t.id, t.reference, t.kind, t.subject_type, t.subject_id, t.reverses_id,
        trunc(extract(epoch FROM t.occurred_at) * 1000000), t.actor_kind, t.actor_id, t.book, t.facts,
        t.xid::text, trunc(extract(epoch FROM t.posted_at) * 1000000),
        (SELECT jsonb_agg(jsonb_build_array(e.id, e.account_id, e.amount, e.currency, e.book,
            trunc(extract(epoch FROM e.available_at) * 1000000), e.guarded, e.xid::text) ORDER BY e.id)
         FROM ledger_entry e WHERE e.transaction_id = t.id)
    )::text
"""

_HEAD = """
    SELECT l.number, l.hash, t.xid::text, t.id, t.xid >= pg_snapshot_xmax(pg_current_snapshot())
    FROM ledger_link l JOIN ledger_transaction t ON t.id = l.transaction_id ORDER BY l.number DESC LIMIT 1
"""

# From the head on, by the index over (xid, id). What is linked already is passed over: after the database
# was restored into another cluster, numbers start anew and old rows lie between new ones.
_NEXT = f"""
    SELECT t.id, sha256(convert_to({CONTENT}, 'UTF8'))
    FROM ledger_transaction t
    WHERE (t.xid, t.id) > (%(xid)s::text::xid8, %(id)s) AND t.xid < pg_snapshot_xmin(pg_current_snapshot())
        AND NOT EXISTS (SELECT FROM ledger_link l WHERE l.transaction_id = t.id)
    ORDER BY t.xid, t.id LIMIT %(count)s
"""  # noqa: S608 (constants of this module)

# The head's number is one that this cluster has not given yet: its rows were restored here. Everything that
# can be seen has committed, and none of it is known to come after the head. Old rows first, so that the
# next head is of here.
_RESTORED = f"""
    SELECT t.id, sha256(convert_to({CONTENT}, 'UTF8'))
    FROM ledger_transaction t
    WHERE (t.xid < pg_snapshot_xmin(pg_current_snapshot())
            OR t.xid >= pg_snapshot_xmax(pg_current_snapshot()))
        AND NOT EXISTS (SELECT FROM ledger_link l WHERE l.transaction_id = t.id)
    ORDER BY t.xid < pg_snapshot_xmin(pg_current_snapshot()), t.xid, t.id LIMIT %(count)s
"""  # noqa: S608 (constants of this module)

_INSERT = """
    INSERT INTO ledger_link (number, transaction_id, hash, linked_at)
    SELECT number, transaction_id, hash, now()
    FROM unnest(%s::bigint[], %s::uuid[], %s::bytea[]) AS l (number, transaction_id, hash)
"""


def extend(limit: int = 1_000) -> int:
    """Link up to `limit` committed transactions, in a transaction of its own. Gives how many.

    Gives 0 as well where somebody else is at it.
    """
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute(_HEAD)
        number, head, xid, last, restored = cursor.fetchone() or (0, START, "0", UUID(int=0), False)
        cursor.execute(_RESTORED if restored else _NEXT, {"xid": xid, "id": last, "count": limit})
        rows = cursor.fetchall()
        hashes, current = [], bytes(head)
        for _, content in rows:
            current = hashlib.sha256(current + bytes(content)).digest()
            hashes.append(current)
        numbers = list(range(number + 1, number + 1 + len(rows)))
        cursor.execute(_INSERT, [numbers, [row[0] for row in rows], hashes])
    return len(rows)


def head() -> tuple[int, str] | None:
    """The number and the hash, in hex, of the last link; this is what is published."""
    with connection.cursor() as cursor:
        cursor.execute(_HEAD)
        row = cursor.fetchone()
    return (row[0], bytes(row[1]).hex()) if row else None
