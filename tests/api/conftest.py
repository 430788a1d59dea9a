"""What tests of the API share: a merchant with a key, and a client that speaks JSON."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from merchants.scopes import Scope
from tests.api.client import Api, api_of
from tests.factories import payments as make
from tests.payments.channels import alipay_world as alipay
from web.api.throttling import ByKey


@pytest.fixture(autouse=True)
def no_counted_requests() -> None:
    """Every test begins as a new process would."""
    ByKey.forget()


@pytest.fixture
def shop(db: Any) -> make.Shop:
    return make.shop(5)


@pytest.fixture
def api(shop: make.Shop) -> Api:
    """The shop's merchant, by a key that may do everything."""
    return api_of(shop.merchant)


@pytest.fixture
def api_with(shop: make.Shop) -> Callable[..., Api]:
    """The same, by a key with these scopes only."""
    return lambda *scopes: api_of(shop.merchant, *(Scope(scope) for scope in scopes))


@pytest.fixture
def gateway(settings: Any) -> Iterator[alipay.Gateway]:
    """Alipay's gateway, scripted: it answers what the test puts into `answers`."""
    with alipay.gateway() as opened:
        settings.KEYWAY_OUTGOING_ALLOW = (urlsplit(opened.url).netloc,)
        yield opened


@pytest.fixture
def online(db: Any, gateway: alipay.Gateway) -> make.Shop:
    """A shop whose channel can be called."""
    return make.shop(gateway=gateway.url)
