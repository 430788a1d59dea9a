"""Sending again by hand: one delivery, all that failed since a time, or all that happened in a time range."""

from datetime import datetime
from typing import Any

from django.db import connection, transaction

import audit
from kernel import clock
from kernel.actors import Actor

from .. import wake
from ..errors import EventGone, NotEnabled, TooMuchAtOnce
from ..models import Delivery, Endpoint, PublicEvent
from .fanout import DELIVERY_ID

AT_ONCE_MOST = 10_000

# Deliveries that wait already stay as they are; what ended begins anew, in the order of its number.
_AGAIN = """
    UPDATE webhooks_delivery SET state = 'pending', ended_at = NULL, attempts = 0, first_at = NULL,
        resent_at = %(now)s
    WHERE id = ANY(%(ids)s) AND state <> 'pending'
"""
_LANES = """
    INSERT INTO webhooks_lane AS lane (endpoint_id, subject_id, next_try_at)
    SELECT DISTINCT endpoint_id, subject_id, %(now)s::timestamptz FROM webhooks_delivery
    WHERE id = ANY(%(ids)s) ORDER BY endpoint_id, subject_id
    ON CONFLICT (endpoint_id, subject_id) DO UPDATE SET next_try_at =
        CASE WHEN lane.claimed_until > EXCLUDED.next_try_at THEN lane.next_try_at
             ELSE least(lane.next_try_at, EXCLUDED.next_try_at) END
"""
_MISSING = f"""
    INSERT INTO webhooks_delivery (id, endpoint_id, event_id, number, topic, subject_kind, subject_id, state,
        attempts, error, created_at, resent_at)
    SELECT {DELIVERY_ID.format(event="e.id", endpoint="%(endpoint)s::uuid")}, %(endpoint)s, e.id, e.number,
        e.topic, e.subject_kind, e.subject_id, 'pending', 0, '', %(now)s, %(now)s
    FROM webhooks_event e WHERE e.id = ANY(%(events)s) ORDER BY e.number
    ON CONFLICT (id) DO NOTHING
"""  # noqa: S608  (constants)
_IN_RANGE = f"""
    SELECT e.id, {DELIVERY_ID.format(event="e.id", endpoint="p.id")}
    FROM webhooks_endpoint p JOIN webhooks_event e ON e.merchant_id = p.merchant_id AND e.book = p.book
    WHERE p.id = %(endpoint)s AND e.occurred_at >= %(since)s AND e.occurred_at < %(until)s
      AND e.topic <> 'webhook.ping'
      AND p.topics && ARRAY[e.topic, split_part(e.topic, '.', 1) || '.*', '*']::varchar[]
    ORDER BY e.number LIMIT %(limit)s
"""  # noqa: S608  (constants)


def one(delivery: Delivery, *, actor: Actor, reason: str = "") -> None:
    """Send a delivery once more, now. Raises NotEnabled, EventGone."""
    with transaction.atomic():
        endpoint = _on(delivery.endpoint)
        if not PublicEvent.objects.filter(pk=delivery.event_id).exists():
            raise EventGone
        _send_again([delivery.pk])
        subject = ("webhook_delivery", delivery.pk)
        facts = {"endpoint": endpoint.key, "event": delivery.event_key}
        audit.record(
            *(actor, "webhook.resent", subject), merchant_id=endpoint.merchant_id, reason=reason, facts=facts
        )
    wake.senders()


def failed(endpoint: Endpoint, *, since: datetime, actor: Actor, reason: str = "") -> int:
    """Send again all that was given up of what came up since then; how many.

    Raises NotEnabled, TooMuchAtOnce.
    """
    with transaction.atomic():
        endpoint = _on(endpoint)
        dead = Delivery.objects.filter(endpoint=endpoint, state="dead", created_at__gte=since)
        kept = PublicEvent.objects.filter(merchant_id=endpoint.merchant_id)
        ids = list(
            dead.filter(event_id__in=kept.values("pk"))
            .order_by("number")
            .values_list("pk", flat=True)[: AT_ONCE_MOST + 1]
        )
        _bounded(ids)
        _send_again(ids)
        _record(actor, "webhook.resent_failed", endpoint, reason, since=since.isoformat(), count=len(ids))
    wake.senders()
    return len(ids)


def replay(endpoint: Endpoint, *, since: datetime, until: datetime, actor: Actor) -> int:
    """Send all that the endpoint's filters let through of what happened in the range, sent before or not.

    How many. Raises NotEnabled, TooMuchAtOnce.
    """
    with transaction.atomic():
        endpoint = _on(endpoint)
        asked: dict[str, Any] = {
            "endpoint": endpoint.pk,
            "since": since,
            "until": until,
            "limit": AT_ONCE_MOST + 1,
        }
        with connection.cursor() as cursor:
            cursor.execute(_IN_RANGE, asked)
            found = cursor.fetchall()
            _bounded(found)
            events, ids = [row[0] for row in found], [row[1] for row in found]
            cursor.execute(_MISSING, {"endpoint": endpoint.pk, "events": events, "now": clock.now()})
        _send_again(ids)
        span = {"since": since.isoformat(), "until": until.isoformat()}
        _record(actor, "webhook.replayed", endpoint, "", **span, count=len(ids))
    wake.senders()
    return len(ids)


def _on(endpoint: Endpoint) -> Endpoint:
    locked = Endpoint.objects.select_for_update(no_key=True).get(pk=endpoint.pk)
    if not locked.is_enabled:
        raise NotEnabled
    return locked


def _bounded(found: list[Any]) -> None:
    if len(found) > AT_ONCE_MOST:
        raise TooMuchAtOnce(most=AT_ONCE_MOST)


def _send_again(ids: list[Any]) -> None:
    """Lanes first, then deliveries: the order of locks."""
    facts: dict[str, Any] = {"ids": ids, "now": clock.now()}
    with connection.cursor() as cursor:
        cursor.execute(_LANES, facts)
        cursor.execute(_AGAIN, facts)


def _record(actor: Actor, action: str, endpoint: Endpoint, reason: str, **facts: Any) -> None:
    subject = ("webhook_endpoint", endpoint.pk)
    audit.record(actor, action, subject, merchant_id=endpoint.merchant_id, reason=reason, facts=facts)
