"""Counting statements that Django does not see: those of `prepared`."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import connection


@dataclass
class Counted:
    """How many statements there were, once the block has ended."""

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
