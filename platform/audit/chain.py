"""The hash chain over the trail, extended behind the commit.

A row joins the chain once it is visible, whenever it was written, so a late commit is never left out. Rows
whose transaction is older than the horizon of the last link are all in it and are not looked at again.
"""

from hashlib import sha256

import structlog
from django.db import connection, transaction

_log = structlog.get_logger(__name__)

_LOCK = "SELECT pg_try_advisory_xact_lock(hashtextextended('audit.chain', 0))"
# A horizon from the future belongs to another cluster (a restored dump): then everything is looked at once.
_TAIL = """
    SELECT number, hash,
           CASE WHEN horizon <= pg_snapshot_xmax(pg_current_snapshot()) THEN horizon ELSE '0'::xid8 END::text
    FROM audit_link ORDER BY number DESC LIMIT 1
"""
_LOOSE = """
    SELECT r.id, audit_canonical(r), pg_snapshot_xmin(pg_current_snapshot())::text
    FROM audit_row r
    WHERE r.xid >= %s::xid8 AND NOT EXISTS (SELECT FROM audit_link l WHERE l.row_id = r.id)
    ORDER BY r.at, r.id LIMIT %s
"""
_LINK = """
    INSERT INTO audit_link (number, row_id, hash, horizon)
    SELECT t.number, t.row_id, t.hash, %s::xid8
    FROM unnest(%s::bigint[], %s::uuid[], %s::bytea[]) AS t (number, row_id, hash)
"""


def extend(limit: int = 5_000) -> int:
    """Chain up to `limit` committed rows in a transaction of its own; 0 when none, or another is at it."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_LOCK)
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute(_TAIL)
        number, head, horizon = cursor.fetchone() or (0, b"", "0")
        cursor.execute(_LOOSE, [horizon, limit])
        rows = cursor.fetchall()
        if not rows:
            return 0
        hashes: list[bytes] = []
        for _, canonical, _ in rows:
            head = sha256(bytes(head) + bytes(canonical)).digest()
            hashes.append(head)
        reached = rows[0][2] if len(rows) < limit else horizon
        numbers = list(range(number + 1, number + 1 + len(rows)))
        cursor.execute(_LINK, [reached, numbers, [row[0] for row in rows], hashes])
    # The head leaves the database with the log, where a rewriter of the database cannot reach it.
    _log.info("audit.chained", number=numbers[-1], head=head.hex())
    return len(rows)
