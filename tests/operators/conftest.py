"""Operators at their desk: one who may do everything, one who may look."""

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from merchants.models import User
from tests.factories.merchants import UserFactory
from tests.merchants.people import signed_in


@pytest.fixture
def boss(db) -> User:
    """An operator who may do everything."""
    return UserFactory.create(is_staff=True, is_superuser=True)


@pytest.fixture
def desk(boss) -> Client:
    """The boss, signed in with both factors, reading English."""
    client = signed_in(boss)
    client.cookies["lang"] = "en"
    return client


@pytest.fixture
def auditor(db) -> Client:
    """An operator who may look at everything and change nothing."""
    user = UserFactory.create(is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    client = signed_in(user)
    client.cookies["lang"] = "en"
    return client
