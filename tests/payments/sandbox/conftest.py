"""The sandbox on a port, a shop that talks to it, and a place where its notifications arrive."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.payments.sandbox.ear import Ear
from tests.payments.sandbox.shop import Shop

ROLE_MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "web.middleware.Preferences",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]


@pytest.fixture
def sandbox_url(settings: Any, live_server: Any) -> str:
    """The address of the sandbox's server."""
    settings.ROOT_URLCONF = "keyway.urls.sandbox"
    settings.MIDDLEWARE = ROLE_MIDDLEWARE
    settings.KEYWAY_SANDBOX_URL = live_server.url
    return str(live_server.url)


@pytest.fixture
def shop(sandbox_url: str) -> Shop:
    """A merchant with an app."""
    return Shop(sandbox_url)


@pytest.fixture
def magic_shop(sandbox_url: str) -> Shop:
    """A merchant whose amounts decide what happens."""
    return Shop(sandbox_url, magic=True)


@pytest.fixture
def ear(settings: Any) -> Iterator[Ear]:
    """The merchant's server, which hears notifications."""
    with Ear() as listening:
        settings.KEYWAY_OUTGOING_ALLOW = (listening.pair,)
        yield listening
