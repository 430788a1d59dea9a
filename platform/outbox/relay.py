"""Numbering: committed events get numbers without a gap, in an order that respects each object's own.

A cursor over ids or times would pass over an event whose transaction commits late. The relay numbers what
it sees committed, whenever it was written, so a late event gets a late number and no reader misses it. An
object's second event is written after its first is committed (its row was locked), so whoever sees the
second sees the first, and the time of writing puts them in order. Events of transactions older than the
horizon are all numbered: the search starts there. Event rows are never rewritten; numbers are a table of
their own.
"""

from django.db import connection, transaction

_LOCK = "SELECT pg_try_advisory_xact_lock(hashtextextended('outbox.relay', 0))"
# A horizon from the future belongs to another cluster (a restored dump): then everything is looked at once.
_TAIL = """
    SELECT number,
           CASE WHEN horizon <= pg_snapshot_xmax(pg_current_snapshot()) THEN horizon ELSE '0'::xid8 END::text
    FROM outbox_number ORDER BY number DESC LIMIT 1
"""
# The horizon moves only when nothing visible was left behind by the limit.
_NUMBER = """
    WITH fresh AS MATERIALIZED (
        SELECT e.id, e.topic, e.subject_id, e.created_at
        FROM outbox_event e
        WHERE e.xid >= %(horizon)s::xid8 AND NOT EXISTS (SELECT FROM outbox_number n WHERE n.event_id = e.id)
        ORDER BY e.created_at, e.id
        LIMIT %(limit)s
    ), before AS (
        SELECT n.subject_id, max(n.version) AS version
        FROM outbox_number n WHERE n.subject_id IN (SELECT subject_id FROM fresh) GROUP BY n.subject_id
    )
    INSERT INTO outbox_number (number, event_id, topic, subject_id, version, horizon)
    SELECT %(number)s + row_number() OVER (ORDER BY f.created_at, f.id), f.id, f.topic, f.subject_id,
           coalesce(b.version, 0) + row_number() OVER (PARTITION BY f.subject_id ORDER BY f.created_at, f.id),
           CASE WHEN (SELECT count(*) FROM fresh) < %(limit)s
                THEN pg_snapshot_xmin(pg_current_snapshot()) ELSE %(horizon)s::xid8 END
    FROM fresh f LEFT JOIN before b USING (subject_id)
    ORDER BY f.created_at, f.id
"""


def number(limit: int = 1_000) -> int:
    """Number up to `limit` committed events, in a transaction of its own.

    0 when there are none, or another relay is at it. Needs READ COMMITTED: each statement after the lock
    must see what the relay before it committed.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_LOCK)
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute(_TAIL)
        last, horizon = cursor.fetchone() or (0, "0")
        cursor.execute(_NUMBER, {"number": last, "horizon": horizon, "limit": limit})
        return int(cursor.rowcount)
