"""Kept connections: checked without a round trip, and still never used when they are dead."""

import psycopg
import pytest
from django.db import OperationalError, connection

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def server(database_url):
    """Another session, which sees what this one's does."""
    with psycopg.connect(database_url, autocommit=True) as other:
        yield other


@pytest.fixture
def backend():
    """The number of this connection's session on the server."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return cursor.fetchone()[0]


def begin_request():
    """What Django does before the first query of a request."""
    connection.health_check_enabled = True
    connection.close_if_unusable_or_obsolete()
    connection.close_if_health_check_failed()


def last_query(server, backend):
    return server.execute("SELECT query FROM pg_stat_activity WHERE pid = %s", [backend]).fetchone()[0]


def test_a_healthy_connection_is_kept_and_asked_nothing(server, backend):
    begin_request()
    assert connection.connection.info.backend_pid == backend
    assert last_query(server, backend) == "SELECT pg_backend_pid()"


def test_a_connection_that_the_server_has_ended_is_replaced(server, backend):
    server.execute("SELECT pg_terminate_backend(%s, 10000)", [backend])
    begin_request()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)


def test_after_an_error_the_server_itself_is_asked(server, backend):
    with connection.cursor() as cursor, pytest.raises(OperationalError):
        cursor.execute("SET statement_timeout = 1; SELECT pg_sleep(10)")
    begin_request()
    assert last_query(server, backend) == "SELECT 1"


def test_a_connection_that_was_closed_here_is_not_usable(backend):
    connection.connection.close()
    assert not connection.is_usable()
