"""The hint to the workers: cheap, and never in the sale's way."""

import os
import socket
import subprocess
import sys
import time
from threading import Event

import pytest

from outbox import wake
from outbox.models import Event as Written

SOON = 5.0


class Broker:
    """Counts what was sent; `sent` is set by the wanted number of messages."""

    def __init__(self, wanted=1, failures=0):
        self.count, self.wanted, self.failures, self.sent = 0, wanted, failures, Event()

    def __call__(self):
        self.count += 1
        if self.count <= self.failures:
            raise ConnectionError
        if self.count - self.failures >= self.wanted:
            self.sent.set()


def test_a_hint_is_sent():
    broker = Broker()
    wake.Waker(broker, interval=0).hint()
    assert broker.sent.wait(SOON)


def test_many_hints_are_sent_once_or_twice():
    broker = Broker()
    waker = wake.Waker(broker, interval=60)
    for _ in range(1_000):
        waker.hint()
    assert broker.sent.wait(SOON)
    assert broker.count == 1


def test_a_hint_during_the_pause_is_sent_after_it():
    broker = Broker(wanted=2)
    waker = wake.Waker(broker, interval=0.01)
    waker.hint()
    while not broker.count:
        waker.hint()
    waker.hint()
    assert broker.sent.wait(SOON)


def test_a_broker_that_fails_does_not_end_the_hints():
    broker = Broker(failures=2)
    waker = wake.Waker(broker, interval=0.001)
    deadline = time.monotonic() + SOON
    while not broker.sent.is_set() and time.monotonic() < deadline:
        waker.hint()
    assert broker.sent.is_set()


def test_a_hint_costs_less_than_a_tenth_of_a_millisecond():
    hung = Event()
    waker = wake.Waker(hung.wait)
    waker.hint()
    began = time.perf_counter()
    for _ in range(1_000):
        waker.hint()
    hung.set()
    assert time.perf_counter() - began < 0.1


COMMITS = """
import time, django
django.setup()
from django.db import connection, transaction
import outbox
from tests.factories.outbox import EventFactory
connection.ensure_connection()
began = time.perf_counter()
for _ in range(20):
    with transaction.atomic():
        outbox.emit([EventFactory()])
print(time.perf_counter() - began)
"""


@pytest.fixture
def silent():
    """The address of a broker that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"redis://127.0.0.1:{server.getsockname()[1]}/0"


@pytest.mark.django_db(transaction=True)
def test_a_broker_that_never_answers_does_not_slow_the_commits(database_url, silent):
    env = {**os.environ, "DATABASE_URL": database_url, "BROKER_URL": silent, "PYTHONPATH": "platform:."}
    said = subprocess.run(
        [sys.executable, "-c", COMMITS], env=env, capture_output=True, text=True, check=True
    ).stdout
    assert float(said) < 1.5
    assert Written.objects.count() == 20
