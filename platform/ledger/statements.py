"""Prepared statements: the few that run in every sale, planned once a connection instead of once a call."""

from typing import Any

from django.db import connection
from psycopg import RawCursor


class Statement:
    """SQL with `$1` places, run on the driver's own cursor; Django's records of queries do not see it.

    Planning is more than half of what a posting would cost the server without this. The connection must
    allow it (`prepare_threshold` in DATABASES); where it does not, everything works, unprepared.
    """

    def __init__(self, text: str) -> None:
        self.text = text

    def run(self, *values: Any) -> list[tuple[Any, ...]]:
        """The rows. Raises Django's database errors."""
        if connection.in_atomic_block:
            connection.validate_no_broken_transaction()
        else:
            connection.close_if_health_check_failed()
            connection.ensure_connection()
        with connection.wrap_database_errors:
            cursor = RawCursor(connection.connection)
            cursor.execute(self.text.encode(), values, prepare=True)
            return cursor.fetchall() if cursor.description else []
