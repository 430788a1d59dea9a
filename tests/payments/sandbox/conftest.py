"""The sandbox on a port, a shop that talks to it, and a place where its notifications arrive."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.payments.sandbox.ear import Ear
from tests.payments.sandbox.shop import Inside, Shop, Wire

ROLE_MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "web.middleware.Preferences",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]


@pytest.fixture
def role(settings: Any) -> Any:
    """The settings of the sandbox's role."""
    settings.ROOT_URLCONF = "keyway.urls.sandbox"
    settings.MIDDLEWARE = ROLE_MIDDLEWARE
    return settings


@pytest.fixture
def inside(role: Any, db: None) -> Inside:
    """The sandbox within this process."""
    role.KEYWAY_SANDBOX_URL = Inside.url
    return Inside()


@pytest.fixture
def wire(role: Any, live_server: Any) -> Wire:
    """The sandbox on a port. Whatever it writes is committed."""
    role.KEYWAY_SANDBOX_URL = live_server.url
    return Wire(live_server.url)


@pytest.fixture
def shop(inside: Inside) -> Shop:
    """A merchant with an app."""
    return Shop(inside)


@pytest.fixture
def far_shop(wire: Wire) -> Shop:
    """A merchant whose calls go over real HTTP."""
    return Shop(wire)


@pytest.fixture
def magic_shop(inside: Inside) -> Shop:
    """A merchant whose amounts decide what happens."""
    return Shop(inside, magic=True)


@pytest.fixture
def ear(settings: Any) -> Iterator[Ear]:
    """The merchant's server, which hears notifications."""
    with Ear() as listening:
        settings.KEYWAY_OUTGOING_ALLOW = (listening.pair,)
        yield listening
