"""The few statements of the sale that are written by hand: planned once a connection, run on Django's own."""

import re
from collections.abc import Mapping
from typing import Any

from django.db import connection
from psycopg import RawCursor
from psycopg.types.numeric import Int8

_PLACE = re.compile(r"%\((\w+)\)s")

Row = tuple[Any, ...]


class Statement:
    """SQL with `%(name)s` places, prepared on the server at its first use.

    Planning is more than half of what such a statement costs the server. Django's records of queries do not
    see it. Where the connection does not allow it (`prepare_threshold`), it works unprepared.
    """

    def __init__(self, text: str) -> None:
        self.names = list(dict.fromkeys(_PLACE.findall(text)))
        numbers = {name: f"${place}" for place, name in enumerate(self.names, start=1)}
        self.text = _PLACE.sub(lambda found: numbers[found[1]], text).encode()

    def rows(self, values: Mapping[str, Any]) -> list[Row]:
        """Run it and give its rows. Raises Django's database errors."""
        cursor = self._run(values)
        found: list[Row] = cursor.fetchall()
        return found

    def run(self, values: Mapping[str, Any]) -> int:
        """Run one that gives no rows; how many it touched."""
        return self._run(values).rowcount

    def _run(self, values: Mapping[str, Any]) -> RawCursor[Row]:
        if connection.in_atomic_block:
            connection.validate_no_broken_transaction()
        else:
            connection.close_if_health_check_failed()
            connection.ensure_connection()
        with connection.wrap_database_errors:
            cursor = RawCursor(connection.connection)
            cursor.execute(self.text, [_sized(values[name]) for name in self.names], prepare=True)
            return cursor


def _sized(value: Any) -> Any:
    """Whole numbers all of one size: by its own choice the driver would prepare a statement for each size."""
    if type(value) is int:
        return Int8(value)
    if type(value) is list and value and type(value[0]) is int:
        return [Int8(each) for each in value]
    return value
