"""Which deliveries are sent next: fair to every endpoint, and few at a time for each.

A claim is a short transaction: endpoints that have something due are locked (those that somebody else claims
for are passed over), lanes are taken for the time of a lease, and the first waiting delivery of each lane is
counted as tried. No transaction is open while a server is called; a sender that dies leaves lanes that are
due again when their lease ends.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction

import vault
from kernel import clock, ids

from .secrets import CONTEXT

LEASE = timedelta(seconds=40)
"""Well above the ten seconds that an attempt may take."""
AT_ONCE, AT_ONCE_SLOW, AT_ONCE_FAILING = 4, 2, 1
"""How many requests one endpoint gets side by side, over all processes."""

# The endpoints that have lanes are stepped through by the index, not by reading every lane.
_LOCK = """
    WITH RECURSIVE waiting(endpoint_id) AS (
        (SELECT endpoint_id FROM webhooks_lane ORDER BY endpoint_id LIMIT 1)
        UNION ALL
        SELECT (SELECT l.endpoint_id FROM webhooks_lane l WHERE l.endpoint_id > w.endpoint_id
                ORDER BY l.endpoint_id LIMIT 1)
        FROM waiting w WHERE w.endpoint_id IS NOT NULL
    )
    SELECT p.id, p.is_slow, p.failing_since IS NOT NULL
    FROM webhooks_endpoint p
    WHERE p.id IN (SELECT endpoint_id FROM waiting) AND p.state = 'enabled'
      AND (p.held_until IS NULL OR p.held_until <= %(now)s)
      AND EXISTS (SELECT FROM webhooks_lane l WHERE l.endpoint_id = p.id AND l.next_try_at <= %(now)s)
    ORDER BY random() LIMIT %(limit)s
    FOR NO KEY UPDATE OF p SKIP LOCKED
"""
_TAKE = """
    WITH taken AS MATERIALIZED (
        SELECT due.id FROM unnest(%(endpoints)s::uuid[], %(most)s::int[]) AS p(id, most)
        CROSS JOIN LATERAL (
            SELECT free.id, row_number() OVER () AS place FROM (
                SELECT l.id FROM webhooks_lane l
                WHERE l.endpoint_id = p.id AND l.next_try_at <= %(now)s
                ORDER BY l.next_try_at
                LIMIT greatest(0, p.most - (SELECT count(*) FROM webhooks_lane b
                    WHERE b.endpoint_id = p.id AND b.claimed_until > %(now)s))
                FOR NO KEY UPDATE SKIP LOCKED
            ) AS free
        ) AS due ORDER BY due.place, random() LIMIT %(limit)s
    )
    UPDATE webhooks_lane l SET claimed_until = %(lease)s, next_try_at = %(lease)s
    FROM taken WHERE l.id = taken.id RETURNING l.id, l.endpoint_id, l.subject_id
"""
_COUNT = """
    UPDATE webhooks_delivery d SET attempts = d.attempts + 1, first_at = coalesce(d.first_at, %(now)s)
    FROM unnest(%(lanes)s::bigint[], %(endpoints)s::uuid[], %(subjects)s::uuid[])
            AS lane(id, endpoint_id, subject_id)
    CROSS JOIN LATERAL (
        SELECT w.id FROM webhooks_delivery w
        WHERE w.endpoint_id = lane.endpoint_id AND w.subject_id = lane.subject_id AND w.state = 'pending'
        ORDER BY w.number LIMIT 1
    ) AS head
    WHERE d.id = head.id
    RETURNING lane.id, d.id, d.endpoint_id, d.event_id, d.attempts
"""
_FACTS = """
    SELECT j.delivery_id, p.url, p.merchant_id, p.is_slow OR p.failing_since IS NOT NULL, e.body,
           array(SELECT s.sealed FROM webhooks_secret s
                 WHERE s.endpoint_id = p.id AND (s.expires_at IS NULL OR s.expires_at > %(now)s)
                 ORDER BY s.place),
           array(SELECT s.id FROM webhooks_secret s
                 WHERE s.endpoint_id = p.id AND (s.expires_at IS NULL OR s.expires_at > %(now)s)
                 ORDER BY s.place)
    FROM unnest(%(deliveries)s::uuid[], %(endpoints)s::uuid[], %(events)s::uuid[])
            AS j(delivery_id, endpoint_id, event_id)
    JOIN webhooks_endpoint p ON p.id = j.endpoint_id
    LEFT JOIN webhooks_event e ON e.id = j.event_id
"""


@dataclass(frozen=True, slots=True)
class Job:
    """One request to be made. `body` is None where the event is kept no longer.

    `is_weak`: its endpoint is slow or failing, and shares a part of the senders.
    """

    lane_id: int
    lease: datetime
    delivery_id: UUID
    endpoint_id: UUID
    event_id: UUID
    attempt: int
    url: str
    is_weak: bool
    body: bytes | None
    secrets: tuple[str, ...]

    @property
    def event_key(self) -> str:
        """The event's name, which is the message's as well: a receiver knows a repeat by it."""
        return ids.encode("evt", self.event_id)


def take(*, quick: int, slow: int) -> list[Job]:
    """Claim up to `quick` deliveries, of which at most `slow` for endpoints that are slow or failing."""
    if quick <= 0:
        return []
    now = clock.now()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_LOCK, {"now": now, "limit": quick * 2})
        found = cursor.fetchall()
        if not found:
            return []
        brisk = {key: AT_ONCE for key, is_slow, is_failing in found if not (is_slow or is_failing)}
        weak = {
            key: AT_ONCE_FAILING if is_failing else AT_ONCE_SLOW
            for key, is_slow, is_failing in found
            if is_slow or is_failing
        }
        lanes = _lanes(brisk, quick, now)
        lanes += _lanes(weak, min(slow, quick - len(lanes)), now)
        return _jobs(lanes, now) if lanes else []


def _lanes(most: dict[UUID, int], limit: int, now: datetime) -> list[tuple[int, UUID, UUID]]:
    if not most or limit <= 0:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            _TAKE,
            {
                "lease": now + LEASE,
                "now": now,
                "endpoints": list(most),
                "most": list(most.values()),
                "limit": limit,
            },
        )
        return list(cursor.fetchall())


def _jobs(lanes: Sequence[tuple[int, UUID, UUID]], now: datetime) -> list[Job]:
    with connection.cursor() as cursor:
        keys, endpoints, subjects = (list(column) for column in zip(*lanes, strict=True))
        cursor.execute(_COUNT, {"lanes": keys, "endpoints": endpoints, "subjects": subjects, "now": now})
        counted = cursor.fetchall()
        idle = set(keys) - {row[0] for row in counted}
        if idle:
            # Nothing waits in them any more. Their rows are locked by the claim, so nothing can slip in.
            cursor.execute("DELETE FROM webhooks_lane WHERE id = ANY(%s)", [list(idle)])
        if not counted:
            return []
        _, deliveries, at, events, _ = (list(column) for column in zip(*counted, strict=True))
        cursor.execute(_FACTS, {"deliveries": deliveries, "endpoints": at, "events": events, "now": now})
        facts = {row[0]: row[1:] for row in cursor.fetchall()}
    jobs = []
    for lane_id, delivery_id, endpoint_id, event_id, attempt in counted:
        url, merchant_id, is_weak, body, sealed, rows = facts[delivery_id]
        jobs.append(
            Job(
                lane_id=lane_id,
                lease=now + LEASE,
                delivery_id=delivery_id,
                endpoint_id=endpoint_id,
                event_id=event_id,
                attempt=attempt,
                url=url,
                is_weak=is_weak,
                body=body.encode() if body is not None else None,
                secrets=tuple(
                    vault.open(merchant_id, each, context=CONTEXT, row=row).decode()
                    for each, row in zip(sealed, rows, strict=True)
                ),
            )
        )
    return jobs
