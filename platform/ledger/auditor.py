"""The auditor: every invariant, derived again from raw rows, in one snapshot of the database.

An app registers its own in `<app>/invariants.py`: a tuple `INVARIANTS` of (code, sentence, sql). Apps
beside the ledger, which it does not know and which do not know it, write plain tuples; apps above write
Invariant.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any, NamedTuple

from django.apps import apps
from django.db import connection, transaction

from . import guards

ROWS_SHOWN = 20


class Invariant(NamedTuple):
    """`sentence` is what holds; `sql` finds the rows for which it does not, so it must find none.

    `code` is `<app>.<name>`. The query reads rows alone: no stored function, which whoever broke the rows
    could have changed as well. A per cent sign in it is written once.
    """

    code: str
    sentence: str
    sql: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What one invariant's query gave: no rows where it holds, at most 20 where it does not."""

    invariant: Invariant
    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]

    @property
    def holds(self) -> bool:
        """Whether nothing offends."""
        return not self.rows


def invariants() -> list[Invariant]:
    """Those of all installed apps, in the order of the apps."""
    found: list[Invariant] = []
    for app in apps.get_app_configs():
        module = f"{app.name}.invariants"
        if find_spec(module) is not None:
            found.extend(Invariant(*written) for written in import_module(module).INVARIANTS)
    return found + _guards({each.code for each in found})


def _guards(written: set[str]) -> list[Invariant]:
    """That the guards of each app of ours stand, where the app does not say so itself."""
    found = []
    for app in apps.get_app_configs():
        code = f"{app.label}.guards_stand"
        if code not in written and "site-packages" not in app.path and (sql := guards.missing(app)):
            sentence = f"Every trigger and constraint that keeps {app.label} is in place and switched on."
            found.append(Invariant(code, sentence, sql))
    return found


def audit(chosen: Iterable[Invariant] | None = None) -> Iterator[Finding]:
    """Check one invariant after another in one snapshot that no writer disturbs, and that writes nothing.

    Not for use inside a transaction; `check` is.
    """
    with _snapshot():
        for invariant in invariants() if chosen is None else chosen:
            yield check(invariant)


def check(invariant: Invariant) -> Finding:
    """Check one invariant as the current transaction sees the rows."""
    with connection.cursor() as cursor:
        # Planned for all rows: hoping for a few that come soon, where none comes, it would loop for hours.
        cursor.execute(
            f"WITH offending AS MATERIALIZED ({invariant.sql})"  # noqa: S608
            f" SELECT * FROM offending LIMIT {ROWS_SHOWN}"
        )
        columns = [column.name for column in cursor.description or ()]
        return Finding(invariant, columns, cursor.fetchall())


@contextmanager
def _snapshot() -> Iterator[None]:
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield
