"""What the broker wakes and beat sweeps: numbering, then a delivery for each subscriber that is behind."""

from celery import shared_task

from . import queries, relay, subscribers
from .services import cursors, deliveries

_MOST_BATCHES = 50
_EXPIRES_SECONDS = 30


@shared_task(name="outbox.relay")
def sweep() -> int:
    """Number what is committed, and start a delivery per subscriber that is behind; how many numbered."""
    everybody = subscribers.registered()
    cursors.begin(each.name for each in everybody)
    done = 0
    for _ in range(_MOST_BATCHES):
        count = relay.number()
        done += count
        if not count:
            break
    for name in queries.behind(everybody):
        deliver.apply_async((name,), expires=_EXPIRES_SECONDS)
    return done


@shared_task(name="outbox.deliver", soft_time_limit=300)
def deliver(name: str) -> int:
    """Hand over to one subscriber until it is through, or has had its share; how many events."""
    subscriber = subscribers.named(name)
    done = 0
    for _ in range(_MOST_BATCHES):
        count = deliveries.deliver(subscriber)
        done += count
        if count < deliveries.BATCH:
            break
    return done
