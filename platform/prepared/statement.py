"""A prepared statement."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections, transaction

from .line import Line, Row


class Statement:
    """SQL with `$1` places, prepared on the server at its first use by a connection.

    What is prepared is the text with the types of its first values: cast a place where PostgreSQL could
    choose another. Django's records of queries do not see these statements. Where the connection does not
    allow it (`prepare_threshold`), they work unprepared.
    """

    def __init__(self, text: str) -> None:
        self.text = text.encode()

    def rows(self, *values: Any) -> list[Row]:
        """Run it and give its rows. Raises Django's database errors."""
        wrapper = _usable()
        with wrapper.wrap_database_errors:
            return _line(wrapper).rows(self.text, values)

    def run(self, *values: Any) -> int:
        """Run it; how many rows it touched. Raises Django's database errors."""
        wrapper = _usable()
        with wrapper.wrap_database_errors:
            return _line(wrapper).run(self.text, values)

    def send(self, *values: Any) -> None:
        """Run one whose answer nobody waits for: inside `together` with the next trip to the server.

        Raises Django's database errors; inside `together` whatever makes that trip raises them.
        """
        wrapper = _usable()
        line = _line(wrapper)
        with wrapper.wrap_database_errors:
            if line.gathers:
                line.add(self.text, values)
            else:
                line.run(self.text, values)


def at_once(*asked: tuple[Statement, Sequence[Any]]) -> list[list[Row]]:
    """Run statements with one trip to the server, and give the rows of each.

    No transaction may be open: commands that begin and end some may be among them. Raises Django's
    database errors for the first that is refused; those after it do not run then, and the transaction that
    it was in is undone.
    """
    wrapper = _usable()
    if wrapper.in_atomic_block:
        raise transaction.TransactionManagementError("These make transactions of their own.")
    with wrapper.wrap_database_errors:
        return _line(wrapper).all([(statement.text, values) for statement, values in asked])


@contextmanager
def together() -> Iterator[None]:
    """`transaction.atomic`, in which what is sent travels with what comes next, at the latest the commit.

    The order of statements stays: whatever Django runs meanwhile, on a new cursor, goes behind what waits.
    """
    with transaction.atomic():
        line = _line(connections[DEFAULT_DB_ALIAS])
        before, line.gathers = line.gathers, True
        try:
            yield
        finally:
            line.gathers = before


def _usable() -> Any:
    wrapper = connections[DEFAULT_DB_ALIAS]
    if wrapper.in_atomic_block:
        wrapper.validate_no_broken_transaction()
    else:
        wrapper.close_if_health_check_failed()
        wrapper.ensure_connection()
    return wrapper


def _line(wrapper: Any) -> Line:
    """The line of a connection that is open; `keyway.database` keeps it."""
    line: Line = wrapper.line
    return line
