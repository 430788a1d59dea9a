"""The command line where the database has not been prepared."""

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from psycopg import sql

ROOT = Path(__file__).parents[2]


@pytest.fixture
def empty_database():
    """The address of a database without a table."""
    address = urlsplit(os.environ["DATABASE_URL"])
    name = f"keyway_empty_{os.getpid()}"
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        yield urlunsplit(address._replace(path=f"/{name}"))
        server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.mark.parametrize("command", ["audit_ledger", "simulate_month"])
def test_a_command_without_its_tables_says_what_to_run_first(empty_database: str, command: str):
    done = subprocess.run(
        [sys.executable, ROOT / "manage.py", command],
        env=os.environ | {"DATABASE_URL": empty_database},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    last = done.stderr.strip().splitlines()[-1]
    assert (done.returncode, last.startswith("The database is not prepared: run script/server once")) == (
        1,
        True,
    )
    assert "Traceback" not in done.stderr
