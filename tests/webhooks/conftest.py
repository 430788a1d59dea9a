"""A receiver, and endpoints that lead to it."""

from collections.abc import Iterator

import pytest

from tests.factories import webhooks as make
from tests.webhooks.sink import Sink, receiving
from webhooks.models import Endpoint


@pytest.fixture
def sink(settings) -> Iterator[Sink]:
    """A receiver on this machine, which the outgoing client may reach."""
    with receiving() as there:
        settings.KEYWAY_OUTGOING_ALLOW = (there.pair,)
        yield there


@pytest.fixture
def endpoint(db: None, sink: Sink) -> Endpoint:
    """It wants everything about orders."""
    return make.endpoint(sink.url())
