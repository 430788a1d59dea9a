"""A worker that dies, and a broker that forgets: nothing is lost."""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
import redis

from kernel import clock, ids
from keyway.celery import app
from tests.factories import webhooks as make
from tests.processes import Process, until
from tests.webhooks.sink import Sink
from tests.webhooks.test_order import broken
from webhooks.models import Delivery, Endpoint, Lane

pytestmark = pytest.mark.django_db(transaction=True)
# A number of a database on the tests' broker that nobody else uses.
BROKER_NUMBER = 9

Start = Callable[..., Process]


@pytest.fixture
def broker() -> Iterator[str]:
    url = urlunsplit(urlsplit(os.environ["BROKER_URL"])._replace(path=f"/{BROKER_NUMBER}"))
    flush(url)
    yield url
    flush(url)


def flush(url: str) -> None:
    with redis.Redis.from_url(url) as there:
        there.flushdb()


@pytest.fixture
def worker(database_url: str, broker: str, sink: Sink, tmp_path: Path) -> Iterator[Start]:
    """Starts a worker; dies at a named point if it is told to."""
    running: list[Process] = []

    def start(**extra: str) -> Process:
        words = ["-m", "celery", "-A", "keyway", "worker", "--pool", "solo", "-Q", "outbox"]
        lonely = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
        env = {"DATABASE_URL": database_url, "BROKER_URL": broker, "OUTGOING_ALLOW": sink.pair, **extra}
        process = Process(
            [sys.executable, *words, *lonely],
            env | {"PYTHONPATH": "platform:."},
            tmp_path / f"{len(running)}.log",
        )
        running.append(process)
        return process

    yield start
    for process in running:
        process.kill()


def ask(broker: str, task: str) -> None:
    """Send a task, as beat does."""
    with app.connection_for_write(broker) as connection:
        app.send_task(task, connection=connection, queue="outbox")


def due_now() -> None:
    """The lease of a dead sender is over."""
    Lane.objects.update(next_try_at=clock.now(), claimed_until=clock.now())


def test_an_event_whose_sender_died_after_the_answer_is_sent_again(
    endpoint: Endpoint, sink: Sink, worker: Start, broker: str
):
    make.tell(make.event(endpoint))
    dying = worker(CRASH_AT="webhook.after_send")
    ask(broker, "webhooks.send")
    dying.wait()
    assert (len(sink.heard), Delivery.objects.get().state) == (1, "pending")
    due_now()
    sound = worker()
    ask(broker, "webhooks.send")
    until(lambda: Delivery.objects.get().state == "delivered", sound.said)
    first, second = sink.heard
    assert first.body == second.body
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert Delivery.objects.get().attempts == 2
    assert broken() == []


def test_a_broker_that_forgets_everything_in_the_middle_loses_no_event(
    endpoint: Endpoint, sink: Sink, worker: Start, broker: str
):
    import outbox

    sound = worker()
    events = [make.event(endpoint, subject=ids.new()) for _ in range(30)]
    for event in events[:15]:
        outbox.emit([event])
    ask(broker, "outbox.relay")
    flush(broker)
    for event in events[15:]:
        outbox.emit([event])

    def swept() -> bool:
        ask(broker, "outbox.relay")
        ask(broker, "webhooks.send")
        return Delivery.objects.filter(state="delivered").count() == 30

    until(swept, sound.said)
    assert {one.headers["webhook-id"] for one in sink.heard} == {ids.encode("evt", e.id) for e in events}
    assert len(sink.heard) == 30
    assert broken() == []
