"""A settlement: ledger close, statement, payout drafted."""

import pytest

from settlement.models import Payout
from tests.factories import settlement as make

pytestmark = pytest.mark.django_db


def test_a_period_becomes_one_statement_and_one_payout():
    merchant = make.merchant()
    make.bank_account(merchant)
    make.sale(merchant, 10_000, fee=100)
    make.refund(merchant, 2_000, fee=20)
    statement = make.settled(merchant)
    assert {name: money.amount for name, money in statement.figures} == {
        "opening": 0,
        "sales": 10_000,
        "refunds": -2_000,
        "fees": -80,
        "adjustments": 0,
        "disputes": 0,
        "payouts": 0,
        "closing": 7_920,
    }
    payout = Payout.objects.get(statement=statement)
    assert (payout.amount, payout.state, statement.outcome) == (7_920, "drafted", "drafted")
    assert make.available(merchant) == 0
