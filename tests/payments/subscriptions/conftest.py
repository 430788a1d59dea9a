"""What tests of memberships share: a card bank that does as it is told, and a membership that is sold."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from tests.factories import payments as make
from tests.factories import subscriptions as members
from tests.payments.subscriptions import card_bank


@pytest.fixture
def bank(settings) -> Iterator[card_bank.CardBank]:
    """The bank that every card is of."""
    with card_bank.opened() as opened:
        settings.KEYWAY_OUTGOING_ALLOW = (urlsplit(opened.url).netloc,)
        yield opened


@pytest.fixture
def club(db, bank) -> make.Shop:
    """A membership at 10.00 a month."""
    return members.membership(gateway=bank.url)
