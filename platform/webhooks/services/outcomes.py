"""Recording what came of an attempt: delivered, tried again later, given up, endpoint off.

Locks in the order endpoint, lane, delivery, as everything here does.
"""

import hashlib
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import connection, transaction

import outbox
from kernel import clock
from kernel.actors import SYSTEM

from .. import events, schedule
from ..models import Attempt, Delivery, Endpoint, Lane
from ..states import DeliveryState, EndpointState, OffReason
from . import endpoints
from .calls import Outcome
from .claims import Job

_log = structlog.get_logger(__name__)

SLOW = timedelta(seconds=2)
_SEEN_EVERY = timedelta(minutes=1)

# The lane goes on to the next that waits in it, now; an empty lane goes away.
_GO_ON = """
    WITH next AS (
        SELECT 1 FROM webhooks_delivery d
        WHERE d.endpoint_id = %(endpoint)s AND d.subject_id = %(subject)s AND d.state = 'pending' LIMIT 1
    ), gone AS (
        DELETE FROM webhooks_lane WHERE id = %(lane)s AND NOT EXISTS (SELECT FROM next)
    )
    UPDATE webhooks_lane SET next_try_at = %(now)s, claimed_until = NULL
    WHERE id = %(lane)s AND EXISTS (SELECT FROM next)
"""


def conclude(job: Job, outcome: Outcome) -> DeliveryState:
    """Write down an attempt and what follows from it, in one transaction; how the delivery stands now."""
    now = clock.now()
    verdict = schedule.judge(
        outcome.status, attempts=job.attempt, delivery=job.delivery_id, retry_after=outcome.retry_after
    )
    with transaction.atomic():
        endpoint = _endpoint(job, outcome, verdict, now)
        lane = Lane.objects.select_for_update(no_key=True).filter(pk=job.lane_id).first()
        delivery = Delivery.objects.select_for_update(no_key=True).get(pk=job.delivery_id)
        _keep(job, outcome)
        is_ours = lane is not None and lane.claimed_until == job.lease
        if verdict.accepted:
            _end(delivery, DeliveryState.DELIVERED, outcome, now)
        elif delivery.state != DeliveryState.PENDING or not is_ours:
            # Ended or taken over meanwhile: whoever did that decides; this attempt is only written down.
            return DeliveryState(delivery.state)
        elif verdict.again_after is None or outcome.error == "event_gone":
            _give_up(delivery, endpoint, verdict, outcome, now)
        else:
            _write(delivery, outcome)
            again = now + verdict.again_after
            Lane.objects.filter(pk=job.lane_id).update(next_try_at=again, claimed_until=None)
            if endpoint is not None:
                _switch_off_if_failing(endpoint, now)
            return DeliveryState.PENDING
        if is_ours:
            _go_on(job, delivery, now)
        if endpoint is not None and not verdict.accepted:
            _switch_off(endpoint, verdict, now)
    return DeliveryState(delivery.state)


def _endpoint(job: Job, outcome: Outcome, verdict: schedule.Verdict, now: datetime) -> Endpoint | None:
    """The endpoint, locked, if anything of it changes; most successes change nothing of it."""
    seen = Endpoint.objects.get(pk=job.endpoint_id)
    is_slow = outcome.duration >= SLOW or (seen.is_slow and not verdict.accepted)
    is_news = (
        not verdict.accepted
        or seen.failing_since is not None
        or is_slow != seen.is_slow
        or seen.accepted_at is None
        or now - seen.accepted_at > _SEEN_EVERY
    )
    if not is_news:
        return None
    endpoint = Endpoint.objects.select_for_update(no_key=True).get(pk=job.endpoint_id)
    endpoint.is_slow = is_slow
    if verdict.accepted:
        endpoint.failing_since = endpoint.warned_at = endpoint.held_until = None
        endpoint.accepted_at = now
    else:
        endpoint.failing_since = endpoint.failing_since or outcome.started_at
        endpoint.held_until = now + verdict.hold if verdict.hold else endpoint.held_until
    changed = ["is_slow", "failing_since", "warned_at", "held_until", "accepted_at"]
    endpoint.save(update_fields=changed)
    return endpoint


def _give_up(
    delivery: Delivery,
    endpoint: Endpoint | None,
    verdict: schedule.Verdict,
    outcome: Outcome,
    now: datetime,
) -> None:
    _end(delivery, DeliveryState.DEAD, outcome, now)
    _log.warning("webhooks.dead", delivery=delivery.key, endpoint=str(delivery.endpoint_id))
    if endpoint is None or endpoint.warned_at is not None or verdict.gone:
        return
    Endpoint.objects.filter(pk=endpoint.pk).update(warned_at=now)
    facts = {"type": delivery.topic, "event": delivery.event_key}
    failing = events.of_endpoint(
        events.ENDPOINT_FAILING, endpoint.pk, endpoint.merchant_id, endpoint.book, **facts
    )
    outbox.emit([failing])


def _switch_off(endpoint: Endpoint, verdict: schedule.Verdict, now: datetime) -> None:
    if verdict.gone:
        _disable(endpoint, OffReason.GONE)
    else:
        _switch_off_if_failing(endpoint, now)


def _switch_off_if_failing(endpoint: Endpoint, now: datetime) -> None:
    """After days in which nothing was accepted, every further attempt is a burden to both sides."""
    if endpoint.failing_since is not None and now - endpoint.failing_since >= schedule.FAILING_FOR:
        _disable(endpoint, OffReason.FAILING)


def _disable(endpoint: Endpoint, reason: OffReason) -> None:
    if endpoint.state == EndpointState.ENABLED:
        endpoints.disable(endpoint, reason, actor=SYSTEM)


def _go_on(job: Job, delivery: Delivery, now: datetime) -> None:
    lane: dict[str, Any] = {"lane": job.lane_id, "endpoint": job.endpoint_id, "now": now}
    lane["subject"] = delivery.subject_id
    with connection.cursor() as cursor:
        cursor.execute(_GO_ON, lane)


def _end(delivery: Delivery, state: DeliveryState, outcome: Outcome, now: datetime) -> None:
    delivery.state, delivery.ended_at = state, now
    _write(delivery, outcome)


def _write(delivery: Delivery, outcome: Outcome) -> None:
    delivery.status, delivery.error = outcome.status, outcome.error
    delivery.save(update_fields=["state", "ended_at", "status", "error"])


def _keep(job: Job, outcome: Outcome) -> None:
    Attempt.objects.create(
        delivery_id=job.delivery_id,
        event_id=job.event_id,
        ordinal=job.attempt,
        started_at=outcome.started_at,
        duration_ms=int(outcome.duration.total_seconds() * 1000),
        status=outcome.status,
        error=outcome.error,
        excerpt=outcome.excerpt,
        digest=hashlib.sha256(job.body or b"").digest(),
    )
