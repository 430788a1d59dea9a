"""Django's command line, with one sentence where the database has not been prepared."""

import sys
from collections.abc import Sequence

from django.core.management import execute_from_command_line
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

_UNPREPARED = (
    "The database is not prepared: run script/server once (or script/manage migrate), then try again."
)


def run(words: Sequence[str]) -> None:
    """Run a management command. Where it fails and tables are missing or old, say so, and end with 1."""
    try:
        execute_from_command_line(list(words))
    except DatabaseError as error:
        if not _lacks_tables():
            raise
        sys.stderr.write(_UNPREPARED + "\n")
        raise SystemExit(1) from error


def _lacks_tables() -> bool:
    """Whether migrations wait. A database that cannot be asked is another matter."""
    try:
        executor = MigrationExecutor(connection)
        return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    except DatabaseError:
        return False
