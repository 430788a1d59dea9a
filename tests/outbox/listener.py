"""A subscriber for tests with a real worker: it says on the broker which events it got."""

import os

import redis

import outbox

TOPIC = "tests.heard"
HEARD = "tests-heard"


@outbox.subscriber("tests.listener", topics={TOPIC})
def hear(event: outbox.Received) -> None:
    """Tell the test."""
    with redis.Redis.from_url(os.environ["TESTS_HEARD_URL"]) as there:
        there.rpush(HEARD, str(event.id))
