"""What every test may use.

Databases: `tests/databases.py` says how they are made. A test marked `django_db` runs in a transaction that
is rolled back; the deferred triggers (a ledger transaction must have legs …) are fired before that, and
`deferred_triggers()` fires them in the middle of a test. A test marked `django_db(transaction=True)` commits;
after it the worker's database is what it was before. Threads and processes of a test connect to
`database_url`.
"""

import os
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.db import connection, connections
from django.test import TransactionTestCase
from hypothesis import settings as hypothesis_settings

from kernel.recent import Recent
from tests import databases, passwords

# A busy machine is no fault of the code: how long one example takes says nothing.
hypothesis_settings.register_profile("keyway", deadline=None)
hypothesis_settings.load_profile("keyway")

passwords.hash_quickly()

# Inherited by the workers of pytest-xdist: all of them belong to this process.
os.environ.setdefault("KEYWAY_TEST_RUN", str(os.getpid()))


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, django_db_blocker: Any) -> Iterator[None]:
    """This worker's database for the session, and the way to undo a test that committed."""
    name = databases.copy_name(os.environ.get("PYTEST_XDIST_WORKER", "main"))
    with django_db_blocker.unblock():
        source = databases.template()
        databases.copy(source, name)
        connection.close()
        connection.settings_dict["NAME"] = name

        fresh = databases.slate(name)

        def restore(_: TransactionTestCase) -> None:
            connections.close_all()
            databases.restore(source, name, fresh)

        # Django would TRUNCATE every table, which the guards of append-only tables refuse.
        TransactionTestCase._fixture_teardown = restore  # type: ignore[method-assign]
        yield
        connections.close_all()
        databases.drop(name)


@pytest.fixture(autouse=True)
def no_recent_values() -> None:
    """Caches outlive a test's transaction: every test begins as a new process would."""
    Recent.forget_all()


@pytest.fixture
def deferred_triggers(db: None) -> Callable[[], None]:
    """Fires the deferred triggers now, as a commit would."""
    return connection.check_constraints


@pytest.fixture
def database_url(transactional_db: None) -> str:
    """The address of this worker's database, for processes that a test starts."""
    parts = urlsplit(os.environ["DATABASE_URL"])
    return urlunsplit(parts._replace(path="/" + str(connection.settings_dict["NAME"])))
