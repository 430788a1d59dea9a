"""What tests of the ledger start from."""

from uuid import UUID

import pytest
from django.db import transaction

from ledger import accounts, posting
from ledger.legs import AccountKey
from ledger.purposes import Purpose
from tests.factories.ledger import key, sold
from tests.ledger import raw


@pytest.fixture
def merchant(transactional_db: None) -> AccountKey:
    """A merchant's account with 1,000 on it."""
    merchant = key()
    with transaction.atomic():
        posting.post(sold(merchant, 1000))
    return merchant


@pytest.fixture
def pair(transactional_db: None) -> list[int]:
    """Two accounts in yuan of the live book."""
    with transaction.atomic():
        return list(accounts.numbers([key(), key(Purpose.BANK)]).values())


@pytest.fixture
def old(pair: list[int]) -> UUID:
    """A transaction that was committed."""
    with transaction.atomic():
        number = raw.transaction()
        raw.legs(number, {pair[0]: 5, pair[1]: -5})
    return number
