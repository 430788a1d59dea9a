"""How a test that committed is undone: its rows are deleted, or, where it changed the schema, the whole
database is copied anew.

A copy is some hundred files: 45 ms on a quiet disk and half a second on a busy one, after each of several
hundred tests. Deleting touches only what the test has touched. As guards and foreign keys would refuse it, it
is done in a session that plays a replica, where they are silent.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

Line = psycopg.Connection[Any]

# Whoever else is connected could commit after the deletion: it is cut off first, and waited for.
_CUT_OFF = """
SELECT bool_and(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
# What the schema is made of; the `xmin` of a function changes when it is replaced.
_SHAPE = """
SELECT md5(string_agg(part, ' ' ORDER BY part)) FROM (
    SELECT format('class %s %s %s %s', oid, relkind, relname, relacl) FROM pg_class WHERE oid >= 16384
    UNION ALL SELECT format('function %s %s', oid, xmin) FROM pg_proc WHERE oid >= 16384
    UNION ALL SELECT format('trigger %s %s', oid, tgenabled) FROM pg_trigger
    UNION ALL SELECT format('constraint %s %s', oid, convalidated) FROM pg_constraint
    UNION ALL SELECT format('column %s %s %s %s', attrelid, attname, atttypid, attnotnull) FROM pg_attribute
        WHERE attrelid >= 16384 AND attnum > 0
) AS parts (part)
"""
# In whatever schema they are: apps may have one of their own.
_TABLES = "SELECT format('%I.%I', schemaname, relname) FROM pg_stat_user_tables ORDER BY 1"
_SEQUENCES = "SELECT format('%I.%I', schemaname, sequencename), last_value, start_value FROM pg_sequences"


@dataclass(frozen=True, slots=True)
class Slate:
    """A database as the template made it."""

    shape: str
    empty: Sequence[str]
    digests: Mapping[str, str]
    """Of the tables that have rows."""
    rows: Mapping[str, bytes]
    """Of the same, as COPY writes them."""
    sequences: Mapping[str, int | None]


def read(line: Line) -> Slate:
    """What there is now, to come back to."""
    tables = [name for (name,) in line.execute(_TABLES)]
    filled = _with_rows(line, tables)
    return Slate(
        shape=_shape(line),
        empty=[name for name in tables if name not in filled],
        digests=_digests(line, filled),
        rows={name: _rows(line, name) for name in filled},
        sequences={name: last for name, last, _ in line.execute(_SEQUENCES)},
    )


def wipe(line: Line, slate: Slate) -> bool:
    """Delete what was written since. False, and nothing is done, where that would not be enough."""
    cut_off = line.execute(_CUT_OFF).fetchone()
    if cut_off == (False,) or _shape(line) != slate.shape:
        return False
    digests = _digests(line, list(slate.digests))
    changed = [name for name, digest in slate.digests.items() if digests.get(name) != digest]
    moved = [row for row in line.execute(_SEQUENCES) if row[1] != slate.sequences[row[0]]]
    with line.transaction():
        line.execute("SET LOCAL session_replication_role = replica")
        for name in [*_with_rows(line, slate.empty), *changed]:
            line.execute(sql.SQL("DELETE FROM {}").format(sql.SQL(name)))
        for name in changed:
            _fill(line, name, slate.rows[name])
        for name, _, start in moved:
            before = slate.sequences[name]
            values = [name, start if before is None else before, before is not None]
            line.execute("SELECT setval(%s::regclass, %s, %s)", values)
    return True


def _shape(line: Line) -> str:
    found = line.execute(_SHAPE).fetchone()
    assert found is not None
    return str(found[0])


def _with_rows(line: Line, tables: Sequence[str]) -> list[str]:
    looks = [
        sql.SQL("SELECT {} WHERE EXISTS (SELECT FROM {})").format(sql.Literal(name), sql.SQL(name))
        for name in tables
    ]
    return [name for (name,) in line.execute(sql.SQL(" UNION ALL ").join(looks))]


def _digests(line: Line, tables: Sequence[str]) -> dict[str, str]:
    looks = [
        sql.SQL("SELECT {}::text, md5(string_agg(t::text, ' ' ORDER BY t::text)) FROM {} AS t").format(
            sql.Literal(name), sql.SQL(name)
        )
        for name in tables
    ]
    return dict(line.execute(sql.SQL(" UNION ALL ").join(looks)).fetchall())


def _rows(line: Line, table: str) -> bytes:
    with line.cursor().copy(sql.SQL("COPY {} TO STDOUT").format(sql.SQL(table))) as out:
        return b"".join(bytes(block) for block in out)


def _fill(line: Line, table: str, rows: bytes) -> None:
    with line.cursor().copy(sql.SQL("COPY {} FROM STDIN").format(sql.SQL(table))) as into:
        into.write(rows)
