"""Prepared statements behave like Django's own, but for their cost."""

from uuid import UUID

import pytest
from django.db import DatabaseError, connection, transaction

from kernel import ids
from prepared import Statement

pytestmark = pytest.mark.django_db

DOUBLE = Statement("SELECT $1::bigint * 2")
ECHO = Statement("SELECT $1::uuid, $2::text, $3::bytea")
WRITE = Statement("INSERT INTO outbox_cursor (subscriber, number) VALUES ($1, $2)")


def test_it_gives_its_rows():
    assert DOUBLE.rows(21) == [(42,)]


def test_values_keep_their_types():
    key = ids.new()
    ((uuid, text, raw),) = ECHO.rows(key, "it's", b"\0")
    assert (UUID(str(uuid)), text, bytes(raw)) == (key, "it's", b"\0")


def test_it_counts_what_it_touched():
    assert WRITE.run("tests", 7) == 1


def test_it_runs_in_the_callers_transaction():
    with pytest.raises(RuntimeError), transaction.atomic():
        WRITE.run("tests", 7)
        raise RuntimeError
    assert WRITE.run("tests", 8) == 1


def test_it_raises_djangos_errors():
    with pytest.raises(DatabaseError), transaction.atomic():
        DOUBLE.rows("no number")


def test_a_broken_transaction_is_not_used_further():
    with transaction.atomic():
        transaction.set_rollback(True)
        with pytest.raises(transaction.TransactionManagementError):
            DOUBLE.rows(1)


def test_it_is_prepared_on_the_server_once():
    triple = Statement("SELECT $1::bigint * 3")
    for number in range(3):
        triple.rows(number)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%::bigint * 3'")
        assert cursor.fetchone() == (1,)
