"""What the sweeps over all addresses share: two merchants, made once a module and rolled back behind it."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction

from tests.attacks.tenants import Tenant, tenant


@pytest.fixture(scope="module")
def tenants(django_db_setup: None, django_db_blocker: Any) -> Iterator[tuple[Tenant, Tenant]]:
    """Two strangers."""
    whole = transaction.atomic()
    whole._from_testcase = True  # type: ignore[attr-defined]  # what insists on its own transaction is content
    with django_db_blocker.unblock(), whole:
        yield tenant(), tenant()
        transaction.set_rollback(True)


@pytest.fixture
def mine(tenants: tuple[Tenant, Tenant]) -> Tenant:
    """Who tries."""
    return tenants[0]


@pytest.fixture
def theirs(tenants: tuple[Tenant, Tenant]) -> Tenant:
    """Whose things they are."""
    return tenants[1]
