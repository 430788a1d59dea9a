"""What beat asks of the trail."""

from celery import shared_task

from . import chain

_MOST_BATCHES = 20


@shared_task(name="audit.extend_chain")
def extend_chain() -> int:
    """Chain what was written since; how many rows."""
    done = 0
    for _ in range(_MOST_BATCHES):
        count = chain.extend()
        done += count
        if not count:
            break
    return done
