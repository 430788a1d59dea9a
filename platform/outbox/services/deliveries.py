"""Handing events to a subscriber: at least once, in order per subject.

One delivery at a time per subscriber, by an advisory lock of the session: it ends with the process,
whatever kills it. The cursor moves after each handled event, so a crash repeats one event, not a batch.
An event that fails is parked: it is tried again with growing pauses, later events of its subject wait
behind it, all others go on. After the last attempt it is dead: an alert that an operator answers, and its
subject goes on without it.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import structlog
from django.db import connection, transaction

from kernel import clock
from outbox import queries
from outbox.models import Cursor, Parked, ParkedState
from outbox.subscribers import Received, Subscriber

_log = structlog.get_logger(__name__)

BATCH = 200
BUDGET = timedelta(seconds=60)
PAUSES = tuple(timedelta(seconds=seconds) for seconds in (5, 30, 120, 600, 3_600, 6 * 3_600, 24 * 3_600))
"""The pause after each failed attempt; one more failure and the event is dead."""
_WAITING = (ParkedState.TRYING, ParkedState.BEHIND)


def deliver(subscriber: Subscriber, *, limit: int = BATCH, budget: timedelta = BUDGET) -> int:
    """Hand over what is due, in no transaction: parked events first, then up to `limit` new ones.

    No event is begun once `budget` is spent. How many events were handled or parked; 0 as well when another
    process delivers to this subscriber.
    """
    stop_at = time.monotonic() + budget.total_seconds()
    with _alone(subscriber) as alone:
        if not alone:
            return 0
        return _retry(subscriber, limit, stop_at) + _go_on(subscriber, limit, stop_at)


def retry(parked: Parked) -> None:
    """Let a dead event be tried again, from its first attempt on. The caller writes the audit row."""
    Parked.objects.filter(pk=parked.pk, state=ParkedState.DEAD).update(
        state=ParkedState.TRYING, attempts=0, next_try_at=clock.now()
    )


def _go_on(subscriber: Subscriber, limit: int, stop_at: float) -> int:
    at = Cursor.objects.values_list("number", flat=True).get(pk=subscriber.name)
    # Read before the events: what is numbered in between stays ahead of the cursor.
    head = queries.head()
    events = queries.after(at, subscriber.topics, limit)
    waiting = _waiting_subjects(subscriber, events)
    for done, event in enumerate(events):
        if time.monotonic() > stop_at:
            return done
        behind = event.subject[1] in waiting
        error = "" if behind else _handle(subscriber, event)
        with transaction.atomic():
            if behind or error:
                waiting.add(event.subject[1])
                _park(subscriber, event, error)
            at = _move(subscriber, at, event.number)
    if len(events) < limit and head > at:
        _move(subscriber, at, head)
    return len(events)


def _waiting_subjects(subscriber: Subscriber, events: list[Received]) -> set[object]:
    subjects = {event.subject[1] for event in events}
    parked = Parked.objects.filter(subscriber=subscriber.name, state__in=_WAITING, subject_id__in=subjects)
    return set(parked.values_list("subject_id", flat=True))


def _retry(subscriber: Subscriber, limit: int, stop_at: float) -> int:
    done = 0
    while done < limit and time.monotonic() < stop_at and (parked := _next_due(subscriber)):
        done += 1
        event = queries.numbered(parked.number)
        error = _handle(subscriber, event) if event else ""
        with transaction.atomic():
            if error:
                _fail(parked, error)
            else:
                parked.delete()
                _let_next_of(parked)
    return done


def _next_due(subscriber: Subscriber) -> Parked | None:
    due = Parked.objects.filter(
        subscriber=subscriber.name, state=ParkedState.TRYING, next_try_at__lte=clock.now()
    )
    return due.order_by("number").first()


def _let_next_of(parked: Parked) -> None:
    """The first that waits behind a parked event is due now."""
    behind = Parked.objects.filter(subscriber=parked.subscriber, subject_id=parked.subject_id)
    first = behind.filter(state=ParkedState.BEHIND).order_by("number").first()
    if first is not None:
        Parked.objects.filter(pk=first.pk).update(state=ParkedState.TRYING, next_try_at=clock.now())


def _fail(parked: Parked, error: str) -> None:
    parked.error = error
    parked.attempts += 1
    if parked.attempts <= len(PAUSES):
        parked.next_try_at = clock.now() + PAUSES[parked.attempts - 1]
        parked.save(update_fields=["error", "attempts", "next_try_at"])
        return
    parked.state = ParkedState.DEAD
    parked.save(update_fields=["error", "attempts", "state"])
    _log.error("outbox.dead", subscriber=parked.subscriber, event_id=str(parked.event_id), error=error)
    _let_next_of(parked)


def _park(subscriber: Subscriber, event: Received, error: str) -> None:
    """After its first attempt failed; without an error, behind another event of its subject."""
    Parked.objects.create(
        subscriber=subscriber.name,
        number=event.number,
        event_id=event.id,
        subject_id=event.subject[1],
        state=ParkedState.TRYING if error else ParkedState.BEHIND,
        attempts=1 if error else 0,
        error=error,
        parked_at=clock.now(),
        next_try_at=clock.now() + PAUSES[0],
    )


def _handle(subscriber: Subscriber, event: Received) -> str:
    """The name of what the handler raised; empty when all went well."""
    try:
        subscriber.handle(event)
    # Whatever one event does to its handler, the others must get theirs.
    except Exception as error:
        name = type(error).__name__
        _log.warning("outbox.failed", subscriber=subscriber.name, event_id=str(event.id), error=name)
        return name
    return ""


def _move(subscriber: Subscriber, at: int, number: int) -> int:
    moved = Cursor.objects.filter(pk=subscriber.name, number=at).update(number=number)
    if not moved:
        # The session, and the lock with it, was lost on the way: another delivery has gone on from here.
        raise ConcurrentDelivery(subscriber.name)
    return number


class ConcurrentDelivery(RuntimeError):
    """Two processes delivered to one subscriber; this one stops."""


@contextmanager
def _alone(subscriber: Subscriber) -> Iterator[bool]:
    key = f"outbox.deliver:{subscriber.name}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [key])
        alone: bool = cursor.fetchone()[0]
    try:
        yield alone
    finally:
        if alone:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [key])
