"""The databases of a test run: one template, migrated when migrations change; each worker works on copies of
it.

A copy is made by the server from files. How a test that commits is undone: `tests/clean_slates.py`.
"""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.db import connection

from tests import clean_slates
from tests.clean_slates import Slate

ROOT = Path(__file__).resolve().parents[1]
APPS = ("platform", "merchants", "risk", "settlement", "payments")
TEMPLATE, COPY = "keyway_template_", "keyway_run_"
TEMPLATES_KEPT = 4
BUILDING_LOCK = 20_261_122


def digest() -> str:
    """What the template depends on: migrations, SQL files, schedules, installed packages and the settings."""
    files = [
        file
        for app in APPS
        for pattern in ("**/migrations/*.py", "**/*.sql", "**/settings.py", "**/schedules.py")
        for file in (ROOT / app).glob(pattern)
    ]
    whole = hashlib.sha256()
    for file in [*sorted(files), ROOT / "requirements.txt"]:
        whole.update(f"{file.relative_to(ROOT)}\0".encode() + file.read_bytes() + b"\0")
    return whole.hexdigest()[:16]


@contextmanager
def administration(name: str = "postgres") -> Iterator[psycopg.Connection[Any]]:
    """A connection as superuser: to the server's own database, which makes the others, or to one of them."""
    database = settings.DATABASES["default"]
    with psycopg.connect(
        host=database["HOST"],
        port=database["PORT"],
        user=database["USER"],
        password=database["PASSWORD"],
        dbname=name,
        autocommit=True,
    ) as server:
        yield server


def template() -> str:
    """The name of a template that fits the migrations, built first if there is none."""
    name = TEMPLATE + digest()
    with administration() as server:
        server.execute("SELECT pg_advisory_lock(%s)", [BUILDING_LOCK])
        _clear_away(server, keep=name)
        if not _exists(server, name):
            building = f"{name}_building"
            _drop(server, building)
            server.execute(f'CREATE DATABASE "{building}"')
            _migrate(building)
            server.execute(f'ALTER DATABASE "{building}" ALLOW_CONNECTIONS false')
            server.execute(f'ALTER DATABASE "{building}" RENAME TO "{name}"')
    return name


def copy_name(worker: str) -> str:
    """This worker's own database; the number of the run's process tells later runs if it is still in use."""
    return f"{COPY}{os.environ['KEYWAY_TEST_RUN']}_{worker}"


def copy(source: str, name: str) -> None:
    """Make the database anew from the template; connections to the old one are cut."""
    with administration() as server:
        _drop(server, name)
        server.execute(f'CREATE DATABASE "{name}" TEMPLATE "{source}" STRATEGY file_copy')


def slate(name: str) -> Slate:
    """What a fresh copy holds."""
    with administration(name) as line:
        return clean_slates.read(line)


def restore(source: str, name: str, fresh: Slate) -> None:
    """Bring a copy back to what it was when it was fresh; connections to it are cut."""
    try:
        with administration(name) as line:
            is_clean = clean_slates.wipe(line, fresh)
    except psycopg.Error:
        is_clean = False
    if not is_clean:
        copy(source, name)


def drop(name: str) -> None:
    """Remove a database."""
    with administration() as server:
        _drop(server, name)


def _drop(server: psycopg.Connection[Any], name: str) -> None:
    server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _exists(server: psycopg.Connection[Any], name: str) -> bool:
    return server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is not None


def _migrate(name: str) -> None:
    connection.close()
    before, connection.settings_dict["NAME"] = connection.settings_dict["NAME"], name
    try:
        call_command("migrate", verbosity=0, interactive=False)
    finally:
        connection.close()
        connection.settings_dict["NAME"] = before


def _clear_away(server: psycopg.Connection[Any], *, keep: str) -> None:
    """Drop copies whose run has ended without doing so, and templates of long ago."""
    names = [
        name for (name,) in server.execute("SELECT datname FROM pg_database ORDER BY oid DESC").fetchall()
    ]
    for name in names:
        if name.startswith(COPY) and not _is_alive(int(name.removeprefix(COPY).split("_")[0])):
            _drop(server, name)
    templates = [name for name in names if name.startswith(TEMPLATE) and name != keep]
    for name in templates[TEMPLATES_KEPT - 1 :]:
        _drop(server, name)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
