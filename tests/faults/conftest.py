"""One house for all fault tests of a module: its processes and its database stay; each test brings a shop."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.db import connection

from kernel.recent import Recent
from tests import databases
from tests.faults.house import House


@pytest.fixture(scope="module")
def house(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: Any) -> Iterator[House]:
    """The running house. The test's own connection goes to the same database, and everything is committed."""
    with django_db_blocker.unblock(), opened(tmp_path_factory.mktemp("house")) as running:
        yield running


@contextmanager
def opened(folder: Path, *, reach: tuple[str, ...] = ()) -> Iterator[House]:
    """A house over a database of its own, which this process uses meanwhile."""
    name = databases.copy_name(os.environ.get("PYTEST_XDIST_WORKER", "main")) + "_faults"
    parts = urlsplit(os.environ["DATABASE_URL"])
    databases.copy(databases.template(), name)
    connection.close()
    before, connection.settings_dict["NAME"] = connection.settings_dict["NAME"], name
    Recent.forget_all()  # what was read of another database, keys above all
    running = House(urlunsplit(parts._replace(path=f"/{name}")), folder, reach=reach)
    try:
        yield running
    finally:
        running.close()
        connection.close()
        connection.settings_dict["NAME"] = before
        databases.drop(name)
