"""The embedded PostgreSQL, tried with a real one."""

import os
import shutil
import signal
import socket
from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest

from workshop.postgres import DURABLE, Cluster

PORT = 21_000


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    made = Cluster(f"trial-{uuid4().hex[:8]}", PORT, DURABLE)
    yield made
    made.stop()
    shutil.rmtree(made.folder, ignore_errors=True)


def _value(cluster: Cluster, question: str) -> object:
    with psycopg.connect(cluster.url) as connection:
        row = connection.execute(question).fetchone()
        return row[0] if row else None


def _write(cluster: Cluster) -> None:
    with psycopg.connect(cluster.url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")


def _postmaster(cluster: Cluster) -> int:
    return int((cluster.folder / "postmaster.pid").read_text().splitlines()[0])


def test_what_is_committed_outlives_a_stop(cluster):
    cluster.start()
    _write(cluster)
    cluster.stop()
    cluster.start()
    assert _value(cluster, "SELECT answer FROM kept") == 42


def test_it_is_durable_and_knows_letters_beyond_ascii(cluster):
    cluster.start()
    assert _value(cluster, "SHOW fsync") == "on"
    assert _value(cluster, "SHOW synchronous_commit") == "on"
    assert _value(cluster, "SELECT upper('é')") == "É"


def test_it_listens_on_loopback_below_the_ephemeral_ports(cluster):
    cluster.start()
    assert _value(cluster, "SHOW listen_addresses") == "127.0.0.1"
    assert cluster.port < 32_768


def test_a_wrong_password_is_refused(cluster):
    cluster.start()
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(cluster.url.replace("keyway:", "keyway:wrong"))


def test_starting_twice_and_stopping_twice_is_once(cluster):
    cluster.start()
    first = _postmaster(cluster)
    cluster.start()
    assert _postmaster(cluster) == first
    cluster.stop()
    cluster.stop()
    assert not cluster.is_running()


def test_a_taken_port_makes_it_move_and_remember(cluster):
    cluster.start()
    cluster.stop()
    with socket.create_server(("127.0.0.1", cluster.port)):
        before = cluster.port
        cluster.start()
        assert cluster.port > before
    assert Cluster(cluster.name, PORT, DURABLE).port == cluster.port


def test_after_a_kill_it_starts_again_with_what_was_committed(cluster):
    cluster.start()
    _write(cluster)
    os.kill(_postmaster(cluster), signal.SIGKILL)
    cluster.start()
    assert _value(cluster, "SELECT answer FROM kept") == 42


def test_a_note_that_names_a_stranger_is_no_obstacle(cluster):
    cluster.start()
    note = (cluster.folder / "postmaster.pid").read_text().splitlines()
    cluster.stop()
    (cluster.folder / "postmaster.pid").write_text("\n".join([str(os.getpid()), *note[1:]]) + "\n")
    assert not cluster.is_running()
    cluster.start()
    assert _value(cluster, "SELECT 1") == 1
