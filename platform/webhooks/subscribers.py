"""The outbox hands public events over here; each is fanned out to the endpoints that want it."""

import outbox
from outbox import Received

from . import topics
from .services import fanout

NAME = "webhooks"


@outbox.subscriber(NAME, topics=topics.public())
def fan_out(event: Received) -> None:
    """Keep the event's bytes, and a delivery for each endpoint that wants it."""
    fanout.take(event)
