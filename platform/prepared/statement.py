"""A prepared statement."""

from typing import Any

from django.db import connection
from psycopg import RawCursor

Row = tuple[Any, ...]


class Statement:
    """SQL with `$1` places, prepared on the server at its first use by a connection.

    What is prepared is the text with the types of its first values: cast a place where PostgreSQL could
    choose another. Django's records of queries do not see these statements. Where the connection does not
    allow it (`prepare_threshold`), they work unprepared.
    """

    def __init__(self, text: str) -> None:
        self._text = text.encode()

    def rows(self, *values: Any) -> list[Row]:
        """Run it and give its rows. Raises Django's database errors."""
        found: list[Row] = self._run(values).fetchall()
        return found

    def run(self, *values: Any) -> int:
        """Run one that gives no rows; how many it touched. Raises Django's database errors."""
        return self._run(values).rowcount

    def _run(self, values: tuple[Any, ...]) -> RawCursor[Row]:
        if connection.in_atomic_block:
            connection.validate_no_broken_transaction()
        else:
            connection.close_if_health_check_failed()
            connection.ensure_connection()
        with connection.wrap_database_errors:
            cursor = RawCursor(connection.connection)
            cursor.execute(self._text, values, prepare=True)
            return cursor
