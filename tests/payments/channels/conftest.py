"""A gateway of Alipay that says what a test tells it to."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from payments.channels.base import Account
from tests.payments.channels import alipay_world as world


@pytest.fixture
def gateway(settings) -> Iterator[world.Gateway]:
    with world.gateway() as opened:
        settings.KEYWAY_OUTGOING_ALLOW = (urlsplit(opened.url).netloc,)
        yield opened


@pytest.fixture
def account(gateway) -> Account:
    return world.account(gateway.url)
