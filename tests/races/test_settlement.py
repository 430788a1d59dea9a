"""Races of settlement, with real threads on real connections."""

from collections import Counter
from datetime import timedelta

import pytest

from kernel import clock
from kernel.machine import IllegalMove
from ledger import auditor
from merchants.models import Merchant
from settlement.errors import SamePerson
from settlement.invariants import INVARIANTS
from settlement.models import Payout, Statement
from settlement.services import cycles, payouts, transfers
from tests.factories import settlement as make
from tests.ledger.threads import together

pytestmark = pytest.mark.django_db(transaction=True)


def offences() -> list[str]:
    """The codes of the invariants of settlement that do not hold now."""
    return [finding.invariant.code for finding in auditor.audit(INVARIANTS) if not finding.holds]


@pytest.fixture
def merchant() -> Merchant:
    merchant = make.merchant()
    make.bank_account(merchant)
    make.sale(merchant, 10_000)
    return merchant


def test_eight_workers_that_settle_a_period_make_one_statement_and_one_payout(merchant):
    done = together([lambda: make.settled(merchant).pk] * 8)
    assert (len(set(done)), Statement.objects.count(), Payout.objects.count()) == (1, 1, 1)
    assert offences() == []


def test_workers_that_settle_different_periods_make_one_chain(merchant):
    ends = [make.PERIOD_END + timedelta(hours=hour) for hour in range(4)]
    together([lambda end=end: make.settled(merchant, end) for end in ends])
    assert sum(p.amount for p in Payout.objects.all()) == 10_000
    assert offences() == []


def test_sales_go_on_while_periods_are_settled(merchant):
    def sell() -> None:
        for _ in range(10):
            make.sale(merchant, 100, at=clock.now())

    jobs = [sell, sell, *([lambda: cycles.run_now(merchant, "CNY", actor=make.SYSTEM)] * 3)]
    errors = [each for each in together(jobs) if isinstance(each, Exception)]
    assert errors == []
    cycles.run_now(merchant, "CNY", actor=make.SYSTEM)
    assert sum(p.amount for p in Payout.objects.all()) == 12_000
    assert offences() == []


def test_two_people_who_approve_at_once_both_count(merchant):
    payout = make.settled(merchant).payout
    people = [make.operator(), make.operator()]
    deeds = [lambda by=by: payouts.approve(payout, by, make.proof(), "Looks right.") for by in people]
    assert [type(each).__name__ for each in together(deeds)] == ["Payout", "Payout"]
    payout.refresh_from_db()
    assert payout.state == "approved"
    assert {payout.first_approved_by_id, payout.second_approved_by_id} == {by.id for by in people}


def test_one_person_who_approves_twice_at_once_counts_once(merchant):
    payout, one = make.settled(merchant).payout, make.operator()
    done = together([lambda: payouts.approve(payout, one, make.proof(), "Looks right.")] * 4)
    assert Counter(type(each) for each in done) == {Payout: 1, SamePerson: 3}


def test_a_payout_that_is_approved_and_rejected_at_once_ends_one_way(merchant):
    payout = make.settled(merchant).payout
    done = together(
        [
            lambda: payouts.reject(payout, make.operator(), "No."),
            lambda: payouts.cancel(payout, actor=make.operator(), reason="No."),
            lambda: payouts.reject(payout, make.operator(), "No."),
        ]
    )
    assert Counter(type(each) for each in done) == {Payout: 1, IllegalMove: 2}
    assert make.available(merchant) == 10_000
    assert offences() == []


def test_workers_that_sweep_at_once_send_a_payout_once(merchant):
    bank = make.bank()
    make.approved(make.settled(merchant).payout)
    assert sum(together([lambda: transfers.sweep(10)] * 4)) == 1
    assert len(bank.transfers) == 1
    assert offences() == []
