"""Endpoints: making, changing, switching off and on, removing, trying out."""

from collections.abc import Sequence
from datetime import timedelta
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext

import audit
import outbox
from kernel import clock
from kernel.actors import Actor
from kernel.books import Book
from kernel.errors import Invalid, Problem
from outbox import queries as outbox_queries
from web import limits, problems, transport

from .. import events, topics
from ..errors import NotEnabled, OwnAddress, TooManyEndpoints
from ..models import Endpoint, Lane
from ..models.endpoint import ENDPOINTS_MOST, FILTERS_MOST
from ..states import ENDPOINT, EndpointState, OffReason
from . import secrets

_PINGS_AN_HOUR = 60
_HOUR = timedelta(hours=1)
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('webhooks.endpoints', 0) # hashtextextended(%s, 1))"
_SLOT = """
    SELECT min(slot) FROM generate_series(1, %s) AS slot WHERE NOT EXISTS (
        SELECT FROM webhooks_endpoint p WHERE p.merchant_id = %s AND p.slot = slot.slot)
"""
_GIVE_UP = """
    UPDATE webhooks_delivery SET state = 'dead', error = 'endpoint_off', ended_at = %s
    WHERE endpoint_id = %s AND state = 'pending'
"""


def create(
    merchant_id: UUID, book: Book, *, url: str, filters: Sequence[str], description: str, actor: Actor
) -> tuple[Endpoint, str]:
    """An endpoint, and its secret, to be shown once. Raises Invalid, TooManyEndpoints."""
    _check(url, filters, description)
    now = clock.now()
    with transaction.atomic():
        head = outbox_queries.head()
        endpoint = Endpoint.objects.create(
            merchant_id=merchant_id,
            book=book,
            slot=_free_slot(merchant_id),
            url=url,
            description=description,
            topics=sorted(set(filters)),
            since_number=head,
            filters_since=head,
            created_at=now,
        )
        secret = secrets.first(endpoint, now=now)
        _record(actor, "webhook.created", endpoint, host=endpoint.host, topics=endpoint.topics)
    return endpoint, secret


def change(
    endpoint: Endpoint, *, url: str, filters: Sequence[str], description: str, actor: Actor
) -> Endpoint:
    """Change where an endpoint is and what it hears of, from the next event on. Raises Invalid."""
    _check(url, filters, description)
    with transaction.atomic():
        endpoint = _locked(endpoint)
        # What was numbered by now may be fanned out by the old filters or by the new ones.
        head = outbox_queries.head()
        endpoint.filters_since = head if set(filters) != set(endpoint.topics) else endpoint.filters_since
        endpoint.url, endpoint.topics, endpoint.description = url, sorted(set(filters)), description
        endpoint.save(update_fields=["url", "topics", "description", "filters_since"])
        _record(actor, "webhook.changed", endpoint, host=endpoint.host, topics=endpoint.topics)
    return endpoint


def disable(endpoint: Endpoint, reason: OffReason, *, actor: Actor, note: str = "") -> None:
    """Send it nothing more. What waits is given up, and can be sent again once it is back.

    Raises IllegalMove unless it is on.
    """
    now = clock.now()
    with transaction.atomic():
        locked = _locked(endpoint)
        ENDPOINT.check(EndpointState(locked.state), EndpointState.DISABLED)
        Endpoint.objects.filter(pk=locked.pk).update(
            state=EndpointState.DISABLED, off_reason=reason, off_note=note[:500], off_at=now
        )
        dead = _give_up(locked)
        _record(actor, "webhook.disabled", locked, note, why=str(reason), given_up=dead)
        if reason is not OffReason.MERCHANT:
            facts = {"reason": str(reason), "given_up": dead}
            _tell(events.ENDPOINT_DISABLED, locked, **facts)
    endpoint.refresh_from_db()


def enable(endpoint: Endpoint, *, actor: Actor) -> None:
    """Send it what happens from now on. Raises IllegalMove unless it is off."""
    with transaction.atomic():
        locked = _locked(endpoint)
        ENDPOINT.check(EndpointState(locked.state), EndpointState.ENABLED)
        head = outbox_queries.head()
        Endpoint.objects.filter(pk=locked.pk).update(
            state=EndpointState.ENABLED,
            off_reason="",
            off_note="",
            off_at=None,
            failing_since=None,
            warned_at=None,
            held_until=None,
            is_slow=True,
            since_number=head,
            filters_since=head,
        )
        _record(actor, "webhook.enabled", locked)
    endpoint.refresh_from_db()


def remove(endpoint: Endpoint, *, actor: Actor) -> None:
    """Take an endpoint away; its secrets go, its history stays for a while."""
    with transaction.atomic():
        locked = _locked(endpoint)
        ENDPOINT.check(EndpointState(locked.state), EndpointState.REMOVED)
        Endpoint.objects.filter(pk=locked.pk).update(state=EndpointState.REMOVED, slot=None)
        _give_up(locked)
        locked.secrets.all().delete()
        _record(actor, "webhook.removed", locked)
    endpoint.refresh_from_db()


def ping(endpoint: Endpoint, *, actor: Actor) -> None:
    """Send a test event, by the way that every event takes. Raises NotEnabled, TooOften."""
    if not endpoint.is_enabled:
        raise NotEnabled
    limits.take("webhooks.ping", str(endpoint.pk), most=_PINGS_AN_HOUR, per=_HOUR)
    with transaction.atomic():
        _tell(topics.PING, _locked(endpoint))
        _record(actor, "webhook.pinged", endpoint)


def _check(url: str, filters: Sequence[str], description: str) -> None:
    """Raise Invalid with what is wrong, by field."""
    errors: dict[str, list[str]] = {}
    try:
        _check_address(url)
    except Problem as problem:
        errors["url"] = [problems.title(problem)]
    if not filters or len(filters) > FILTERS_MOST or not all(topics.is_filter(each) for each in filters):
        errors["topics"] = [gettext("Choose at least one kind of event from the list.")]
    if len(description) > 120:
        errors["description"] = [gettext("At most 120 characters.")]
    if errors:
        raise Invalid(errors=errors)


def _check_address(url: str) -> None:
    """Raise Refused, NoAnswer or OwnAddress. What leads elsewhere later is refused when it is sent."""
    transport.check(url)
    own = {urlsplit(face).netloc for face in (settings.KEYWAY_URL, settings.KEYWAY_SANDBOX_URL)}
    if urlsplit(url).netloc.lower() in own:
        raise OwnAddress


def _free_slot(merchant_id: UUID) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [str(merchant_id)])
        cursor.execute(_SLOT, [ENDPOINTS_MOST, merchant_id])
        slot: int | None = cursor.fetchone()[0]
    if slot is None:
        raise TooManyEndpoints(most=ENDPOINTS_MOST)
    return slot


def _locked(endpoint: Endpoint) -> Endpoint:
    return Endpoint.objects.select_for_update(no_key=True).get(pk=endpoint.pk)


def _give_up(endpoint: Endpoint) -> int:
    """End all that waits for an endpoint; how many deliveries."""
    # Lanes first, as everywhere: a sender that concludes holds its lane, and then its delivery.
    list(Lane.objects.select_for_update(no_key=True).filter(endpoint=endpoint).order_by("pk"))
    with connection.cursor() as cursor:
        cursor.execute(_GIVE_UP, [clock.now(), endpoint.pk])
        dead = int(cursor.rowcount)
    Lane.objects.filter(endpoint=endpoint).delete()
    return dead


def _tell(topic: str, endpoint: Endpoint, **facts: object) -> None:
    event = events.of_endpoint(topic, endpoint.pk, endpoint.merchant_id, endpoint.book, **facts)
    outbox.emit([event])


def _record(actor: Actor, action: str, endpoint: Endpoint, reason: str = "", **facts: object) -> None:
    subject = ("webhook_endpoint", endpoint.pk)
    audit.record(actor, action, subject, merchant_id=endpoint.merchant_id, reason=reason, facts=facts or None)
