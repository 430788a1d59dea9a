"""Events reach their subscribers through a real broker and worker, and through the broker's troubles."""

import os
import sys
from urllib.parse import urlsplit, urlunsplit

import pytest
import redis

import outbox
from kernel import ids
from keyway.celery import app
from outbox.services import cursors
from tests.factories.outbox import EventFactory
from tests.outbox import listener
from tests.processes import Process

pytestmark = pytest.mark.django_db(transaction=True)

PATIENCE_SECONDS = 60
# Numbers of databases on the tests' broker that nobody else uses.
BROKER_NUMBER, HEARD_NUMBER = 7, 8

A_WEB_PROCESS = f"""
import time, django
django.setup()
import outbox
from tests.factories.outbox import EventFactory
outbox.emit([EventFactory(topic={listener.TOPIC!r}, payload={{"from": "web"}})])
time.sleep({PATIENCE_SECONDS})
"""


def numbered(number):
    return urlunsplit(urlsplit(os.environ["BROKER_URL"])._replace(path=f"/{number}"))


def emptied(number):
    there = redis.Redis.from_url(numbered(number))
    there.flushdb()
    return there


@pytest.fixture
def broker():
    with emptied(BROKER_NUMBER) as there:
        yield there


@pytest.fixture
def heard():
    """What the listener says, in a database of its own, so that the broker's can be emptied."""
    with emptied(HEARD_NUMBER) as there:
        yield there


@pytest.fixture
def env(database_url):
    return {
        "DATABASE_URL": database_url,
        "BROKER_URL": numbered(BROKER_NUMBER),
        "TESTS_HEARD_URL": numbered(HEARD_NUMBER),
        "PYTHONPATH": "platform:.",
    }


@pytest.fixture
def worker(env, broker, heard, tmp_path):
    """A worker for the queue `outbox`, with the listener."""
    cursors.begin(["tests.listener"])
    words = ["-m", "celery", "-A", "keyway", "worker", "--pool", "solo", "-Q", "outbox"]
    lonely = ["-I", listener.__name__, "--without-gossip", "--without-mingle", "--without-heartbeat"]
    process = Process([sys.executable, *words, *lonely], env, tmp_path / "worker.log")
    yield process
    process.kill()


def next_heard(heard, worker):
    said = heard.blpop(listener.HEARD, timeout=PATIENCE_SECONDS)
    assert said, worker.said()
    return said[1].decode()


def sweep():
    """What beat does every few seconds."""
    with app.connection_for_write(url=numbered(BROKER_NUMBER)) as connection:
        app.send_task("outbox.relay", queue="outbox", connection=connection)


def test_a_commit_wakes_a_worker_that_delivers(worker, heard, env, tmp_path):
    web = Process([sys.executable, "-c", A_WEB_PROCESS], env, tmp_path / "web.log")
    try:
        assert next_heard(heard, worker)
    finally:
        web.kill()


def test_what_an_emptied_broker_forgot_is_delivered_by_the_next_sweep(worker, heard, broker):
    event = EventFactory(topic=listener.TOPIC)
    outbox.emit([event])
    sweep()
    broker.flushdb()
    sweep()
    assert next_heard(heard, worker) == str(event.id)


def test_events_written_while_the_broker_was_away_are_delivered_in_order(settings, worker, heard):
    settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"
    events = EventFactory.build_batch(5, topic=listener.TOPIC, subject=("order", ids.new()))
    for event in events:
        outbox.emit([event])
    sweep()
    assert [next_heard(heard, worker) for _ in events] == [str(event.id) for event in events]
