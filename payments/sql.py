"""Running the few statements of the sale that are written by hand, on Django's own connection."""

from collections.abc import Sequence
from typing import Any

from django.db import connection


def rows(statement: str, values: Sequence[Any] | dict[str, Any] = ()) -> list[tuple[Any, ...]]:
    """All rows of a statement that returns some."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found


def run(statement: str, values: Sequence[Any] | dict[str, Any] = ()) -> int:
    """Run a statement that returns no rows. Gives the number of rows it touched."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.rowcount)
