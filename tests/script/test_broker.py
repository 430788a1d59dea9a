"""The embedded Redis, tried with a real one."""

import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
import redis

from workshop.broker import Broker

PORT = 22_000


@pytest.fixture
def broker() -> Iterator[Broker]:
    made = Broker(f"trial-{uuid4().hex[:8]}", PORT)
    yield made
    made.stop()


def test_it_asks_for_its_password(broker):
    broker.start()
    assert redis.from_url(broker.url).ping()
    with pytest.raises(redis.AuthenticationError):
        redis.from_url(broker.url.replace(broker.password, "")).ping()


def test_what_was_said_outlives_a_stop(broker):
    broker.start()
    redis.from_url(broker.url).set("task", "waits")
    broker.stop()
    assert not broker.is_running()
    broker.start()
    assert redis.from_url(broker.url).get("task") == b"waits"


def test_after_a_kill_it_starts_again_with_what_was_said(broker):
    broker.start()
    line = redis.from_url(broker.url)
    line.set("task", "waits")
    process = line.info("server")["process_id"]
    assert line.config_get("appendonly") == {"appendonly": "yes"}
    os.kill(process, signal.SIGKILL)
    broker.start()
    assert redis.from_url(broker.url).get("task") == b"waits"


def test_a_taken_port_makes_it_move(broker):
    with socket.create_server(("127.0.0.1", broker.port)):
        before = broker.port
        broker.start()
        assert broker.port > before
        assert broker.is_running()


def test_no_secret_stands_on_its_command_line(broker):
    broker.start()
    process = redis.from_url(broker.url).info("server")["process_id"]
    assert broker.password not in Path(f"/proc/{process}/cmdline").read_text()
