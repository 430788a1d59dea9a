"""Reading endpoints, deliveries and events, always from a merchant."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from kernel import clock
from kernel.errors import NotFound

from .models import Attempt, Delivery, Endpoint, PublicEvent
from .states import DeliveryState, EndpointState

PAGE = 50


@dataclass(frozen=True, slots=True)
class Health:
    """How an endpoint did in the last 24 hours, by its latest 2,000 deliveries, and what waits."""

    delivered: int
    dead: int
    pending: int

    @property
    def share(self) -> int | None:
        """Whole per cent delivered of what ended; None when nothing did."""
        ended = self.delivered + self.dead
        return self.delivered * 100 // ended if ended else None


_LOOKED_AT = 2_000
# Bounded, however much was sent: by the index, the latest deliveries of each endpoint, and what waits.
_HEALTH = """
    SELECT p.id, recent.delivered, recent.dead, waiting.pending
    FROM unnest(%(ids)s::uuid[]) AS p(id)
    CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE state = 'delivered') AS delivered,
               count(*) FILTER (WHERE state = 'dead') AS dead
        FROM (SELECT state, ended_at FROM webhooks_delivery WHERE endpoint_id = p.id
              ORDER BY number DESC LIMIT %(most)s) AS latest
        WHERE ended_at > %(since)s
    ) AS recent
    CROSS JOIN LATERAL (
        SELECT count(*) AS pending FROM (
            SELECT 1 FROM webhooks_delivery WHERE endpoint_id = p.id AND state = 'pending' LIMIT %(most)s
        ) AS waits
    ) AS waiting
"""


def endpoints(merchant_id: UUID) -> QuerySet[Endpoint]:
    """A merchant's endpoints, those on and those off."""
    kept = Endpoint.objects.filter(merchant_id=merchant_id).exclude(state=EndpointState.REMOVED)
    return kept.order_by("slot")


def endpoint(merchant_id: UUID, key: UUID) -> Endpoint:
    """One of them. Raises NotFound."""
    found = endpoints(merchant_id).filter(pk=key).first()
    if found is None:
        raise NotFound(endpoint=str(key))
    return found


def delivery(merchant_id: UUID, key: UUID) -> Delivery:
    """One delivery to one of a merchant's endpoints. Raises NotFound."""
    found = (
        Delivery.objects.select_related("endpoint").filter(pk=key, endpoint__merchant_id=merchant_id).first()
    )
    if found is None or found.endpoint.state == EndpointState.REMOVED:
        raise NotFound(delivery=str(key))
    return found


def event(merchant_id: UUID, key: UUID) -> PublicEvent:
    """One event of a merchant. Raises NotFound."""
    found = PublicEvent.objects.filter(pk=key, merchant_id=merchant_id).first()
    if found is None:
        raise NotFound(event=str(key))
    return found


def deliveries(of: Endpoint, *, state: str = "", before: int | None = None) -> list[Delivery]:
    """A page of an endpoint's deliveries, newest events first; one more than PAGE when there are more."""
    rows = Delivery.objects.filter(endpoint=of)
    if state in set(DeliveryState):
        rows = rows.filter(state=state)
    if before is not None:
        rows = rows.filter(number__lt=before)
    return list(rows.order_by("-number")[: PAGE + 1])


def events(merchant_id: UUID, *, topic: str = "", before: int | None = None) -> list[PublicEvent]:
    """A page of a merchant's events, the last seen first; one more than PAGE when there are more.

    `before` is a place.
    """
    rows = PublicEvent.objects.filter(merchant_id=merchant_id)
    if topic:
        rows = rows.filter(topic=topic)
    if before is not None:
        rows = rows.filter(place__lt=before)
    return list(rows.order_by("-place")[: PAGE + 1])


def deliveries_of(event_id: UUID, merchant_id: UUID) -> list[Delivery]:
    """Where an event went."""
    theirs = Endpoint.objects.filter(merchant_id=merchant_id)
    number = PublicEvent.objects.filter(pk=event_id).values("number")
    rows = Delivery.objects.select_related("endpoint").filter(
        endpoint__in=theirs, number__in=number, event_id=event_id
    )
    return list(rows.order_by("created_at"))


def attempts(of: Delivery) -> Sequence[Attempt]:
    """Every attempt that is kept, newest first."""
    return list(Attempt.objects.filter(delivery_id=of.pk).order_by("-id")[:100])


def next_tries(rows: Sequence[Delivery]) -> dict[UUID, object]:
    """When the lanes of these deliveries are tried next, by delivery; only for those that wait."""
    from .models import Lane

    waiting = [row for row in rows if row.state == DeliveryState.PENDING]
    lanes = Lane.objects.filter(
        endpoint_id__in={row.endpoint_id for row in waiting}, subject_id__in={r.subject_id for r in waiting}
    )
    due = {(lane.endpoint_id, lane.subject_id): lane.next_try_at for lane in lanes}
    return {row.pk: due.get((row.endpoint_id, row.subject_id)) for row in waiting}


def health(ids: Sequence[UUID]) -> dict[UUID, Health]:
    """How endpoints did in the last 24 hours."""
    since = clock.now() - timedelta(hours=24)
    with connection.cursor() as cursor:
        cursor.execute(_HEALTH, {"since": since, "ids": list(ids), "most": _LOOKED_AT})
        found = {row[0]: Health(*row[1:]) for row in cursor.fetchall()}
    return {key: found.get(key, Health(0, 0, 0)) for key in ids}
