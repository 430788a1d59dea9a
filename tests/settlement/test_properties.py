"""Whatever is sold, given back and paid out: the figures add up, and no more leaves than there was."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from kernel import clock
from ledger import auditor
from settlement.invariants import INVARIANTS
from settlement.models import Payout, Statement
from settlement.services import cycles, payouts
from tests.factories import settlement as make

HOUR, PERIODS = timedelta(hours=1), 4

MOVES = st.tuples(
    st.sampled_from(["sale", "sale", "refund", "reject", "fail", "return", "settle", "settle"]),
    st.integers(1, 50_000),
    st.integers(0, 40),  # hours before or behind the end of the period
)


class TestAnyHistory(TestCase):
    """Sales, refunds, settlements and payouts that end in every way, in any order."""

    @settings(max_examples=50)
    @given(st.lists(MOVES, min_size=3, max_size=14))
    def test_statements_add_up_and_payouts_are_covered(self, moves):
        merchant = make.merchant()
        make.bank_account(merchant)
        bank = make.bank()
        start = make.PERIOD_END - PERIODS * timedelta(days=1)
        wanted, end = 0, start
        for deed, amount, hours in moves:
            at = end - 20 * HOUR + hours * HOUR
            if deed == "sale":
                fee = amount // 100
                make.sale(merchant, amount, fee=fee, at=at)
                wanted += amount - fee
            elif deed == "refund":
                make.refund(merchant, amount // 3 + 1, at=at)
                wanted -= amount // 3 + 1
            elif deed == "settle":
                end += timedelta(hours=7)
                cycles.run(merchant.pk, "CNY", min(end, clock.now()))
            else:
                wanted -= self._end_one(merchant, deed, bank)
        self._check(merchant, wanted)

    def _end_one(self, merchant, deed, bank) -> int:
        """End the oldest payout that waits in this way. Gives what left the house for good."""
        payout = Payout.objects.filter(merchant=merchant, state="drafted").order_by("id").first()
        if payout is None:
            return 0
        if deed == "reject":
            payouts.reject(payout, make.operator(), "No.")
            return 0
        bank.says = make.TransferState.FAILED if deed == "fail" else make.TransferState.PAID
        done = payouts.send(make.approved(payout))
        return done.amount if done.state == "paid" else 0

    def _check(self, merchant, wanted: int) -> None:
        cycles.run(merchant.pk, "CNY", clock.now() - timedelta(microseconds=1))
        set_aside = sum(p.amount for p in Payout.objects.filter(merchant=merchant, state="drafted"))
        assert make.available(merchant) + set_aside == wanted
        chain = list(Statement.objects.filter(merchant=merchant).order_by("upto"))
        assert [each.opening for each in chain] == [0, *(each.closing for each in chain)][: len(chain)]
        for each in chain:
            assert each.closing == sum(money.amount for _, money in each.figures[:-1])
            lines = list(cycles.statements.lines(each))
            assert each.closing - each.opening == sum(line.amount.amount for line in lines)
        assert [each.code for each in INVARIANTS if not auditor.check(each).holds] == []
