"""Counting statements that Django does not see: those of `prepared`."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import connection
from psycopg.pq import Trace


@dataclass
class Counted:
    """How many there were, once the block has ended."""

    count: int = 0


@contextmanager
def inserts_into(table: str) -> Iterator[Counted]:
    """Count INSERT statements into `table`, in a test's transaction, by a trigger that goes with it."""
    counted = Counted()
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            CREATE TEMPORARY SEQUENCE counted_inserts;
            CREATE FUNCTION pg_temp.count_insert() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN PERFORM nextval('counted_inserts'); RETURN NULL; END $$;
            CREATE TRIGGER zz_counted AFTER INSERT ON {table}
                FOR EACH STATEMENT EXECUTE FUNCTION pg_temp.count_insert();
            """
        )
        yield counted
        cursor.execute("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM counted_inserts")
        counted.count = cursor.fetchone()[0]


@contextmanager
def trips() -> Iterator[Counted]:
    """Count the trips to the server that this connection makes, by the driver's own trace."""
    counted, server = Counted(), connection.connection.pgconn
    with tempfile.TemporaryFile() as file:
        server.trace(os.dup(file.fileno()))
        server.set_trace_flags(Trace.SUPPRESS_TIMESTAMPS)
        yield counted
        server.untrace()
        file.seek(0)
        sent = [line.split(b"\t") for line in file.readlines()]
    counted.count = sum(words[0] == b"F" and words[2].strip() in (b"Sync", b"Query") for words in sent)
