"""What tests of the sale share: a channel that says what it is told to, and the auditor."""

from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest

from ledger import auditor
from payments.invariants import INVARIANTS
from tests.factories import payments as make
from tests.payments.channels import alipay_world as alipay


@pytest.fixture
def gateway(settings) -> Iterator[alipay.Gateway]:
    """Alipay's gateway, scripted: it answers what the test puts into `answers`."""
    with alipay.gateway() as opened:
        settings.KEYWAY_OUTGOING_ALLOW = (urlsplit(opened.url).netloc,)
        yield opened


@pytest.fixture
def shop(db) -> make.Shop:
    """Five keys at 10.00, an Alipay account that nobody may call."""
    return make.shop()


@pytest.fixture
def online(db, gateway) -> make.Shop:
    """The same, with a gateway that can be called."""
    return make.shop(gateway=gateway.url)


@pytest.fixture
def offences() -> Callable[[], list[str]]:
    """The codes of the invariants of the sale that do not hold now."""
    return lambda: [each.code for each in INVARIANTS if not auditor.check(each).holds]
