"""What the tests of settlement start from."""

import pytest

from ledger import auditor
from settlement.invariants import INVARIANTS
from tests.factories import settlement as make


@pytest.fixture
def merchant(db):
    """A merchant that the platform pays out, with a confirmed bank account."""
    merchant = make.merchant()
    make.bank_account(merchant)
    return merchant


@pytest.fixture
def payout(merchant):
    """A payout of 100.00 that waits for its first approval."""
    make.sale(merchant, 10_000)
    return make.settled(merchant).payout


@pytest.fixture
def sound(db):
    """Checks, when called, that every invariant of settlement and of the ledger's balances holds."""

    def check() -> None:
        wanted = [*INVARIANTS, *(each for each in auditor.invariants() if each.code in _LEDGER)]
        broken = [finding for finding in map(auditor.check, wanted) if not finding.holds]
        assert [(finding.invariant.code, finding.rows) for finding in broken] == []

    return check


_LEDGER = {"ledger.balanced", "ledger.closes_exact", "ledger.covered", "ledger.reversals"}
