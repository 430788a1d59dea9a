"""The hint to the workers: cheap, and never in the sale's way."""

import socket
import time
from threading import Event

import pytest
from django.db import connection, transaction

import outbox
from outbox import wake
from tests.factories.outbox import EventFactory

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


@pytest.mark.django_db(transaction=True)
def test_a_broker_that_accepts_and_never_answers_does_not_slow_the_commit(settings):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings.CELERY_BROKER_URL = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        connection.ensure_connection()
        began = time.perf_counter()
        with transaction.atomic():
            outbox.emit([EventFactory()])
        assert time.perf_counter() - began < 1.0
