"""Fan-out: one event becomes a delivery for each endpoint that wants it, by one statement.

At least once, in order per object, as the outbox hands events over: a second time changes nothing. The
endpoints are held while the statement runs (FOR SHARE), so that one which is being switched off gets none.

The event takes the next place among its merchant's, and holds the row that counts them until the commit:
whoever sees a place sees all before it. An event that was parked comes late, and gets a late place.
"""

from uuid import UUID

from django.db import connection

from kernel import clock
from outbox import Received

from .. import bodies, topics, wake

DELIVERY_ID = """(
    left(replace({event}::text, '-', ''), 12) || '7'
    || substr(encode(sha256(uuid_send({event}) || uuid_send({endpoint})), 'hex'), 1, 3) || '8'
    || substr(encode(sha256(uuid_send({event}) || uuid_send({endpoint})), 'hex'), 4, 3)
    || substr(encode(sha256(uuid_send({event}) || uuid_send({endpoint})), 'hex'), 7, 12))::uuid"""
"""`bodies.delivery_id` in SQL."""

_FAN_OUT = f"""
    WITH placed AS (
        INSERT INTO webhooks_place AS held (merchant_id, last)
        SELECT %(merchant)s::uuid, 1 WHERE NOT EXISTS (SELECT FROM webhooks_event WHERE id = %(id)s)
        ON CONFLICT (merchant_id) DO UPDATE SET last = held.last + 1 RETURNING last
    ), told AS (
        INSERT INTO webhooks_event (id, merchant_id, book, number, place, version, topic, subject_kind,
            subject_id, body, occurred_at)
        SELECT %(id)s::uuid, %(merchant)s::uuid, %(book)s, %(number)s, p.last, %(version)s, %(topic)s,
            %(kind)s, %(subject)s::uuid, %(body)s, %(occurred_at)s
        FROM placed p ON CONFLICT (id) DO NOTHING
    ), wanting AS (
        SELECT id FROM webhooks_endpoint
        WHERE merchant_id = %(merchant)s AND book = %(book)s AND state = 'enabled'
          AND since_number < %(number)s
          AND CASE WHEN %(only)s::uuid IS NULL THEN topics && %(filters)s::varchar[]
                   ELSE id = %(only)s::uuid END
        ORDER BY id FOR SHARE
    ), made AS (
        INSERT INTO webhooks_delivery (id, endpoint_id, event_id, number, topic, subject_kind, subject_id,
            state, attempts, error, created_at)
        SELECT {DELIVERY_ID.format(event="%(id)s::uuid", endpoint="w.id")}, w.id, %(id)s, %(number)s,
            %(topic)s, %(kind)s, %(subject)s, 'pending', 0, '', %(now)s
        FROM wanting w ON CONFLICT (id) DO NOTHING RETURNING endpoint_id
    )
    INSERT INTO webhooks_lane AS lane (endpoint_id, subject_id, next_try_at)
    SELECT endpoint_id, %(subject)s, %(now)s FROM made ORDER BY endpoint_id
    ON CONFLICT (endpoint_id, subject_id) DO UPDATE SET next_try_at = lane.next_try_at
"""  # noqa: S608  (constants)


def take(event: Received) -> int:
    """Keep a public event and give it to the endpoints that want it; how many."""
    if event.merchant_id is None:
        return 0
    topic = topics.public()[event.topic]
    only: UUID | None = event.subject[1] if event.topic == topics.PING else None
    with connection.cursor() as cursor:
        cursor.execute(
            _FAN_OUT,
            {
                "id": event.id,
                "merchant": event.merchant_id,
                "book": event.book,
                "number": event.number,
                "version": event.version,
                "topic": event.topic,
                "kind": event.subject[0],
                "subject": event.subject[1],
                "body": bodies.render(event, topic).decode(),
                "occurred_at": event.created_at,
                "only": only,
                "filters": topics.patterns_of(event.topic),
                "now": clock.now(),
            },
        )
        made = int(cursor.rowcount)
    if made:
        wake.senders()
    return made
