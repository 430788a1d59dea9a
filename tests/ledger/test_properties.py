"""Random histories of a merchant's accounts against a model in plain Python: lists and sums.

The accounts are a twin's, since its clock is the test's own: every moment is a whole day, so the model
knows exactly what the database must say.
"""

from collections import defaultdict
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from kernel import clock, ids
from kernel.actors import SYSTEM
from kernel.books import Book
from kernel.money import Money
from ledger import accounts, auditor, balances, chain, closes, posting, redating, reversals
from ledger.errors import AlreadyPosted, BalanceTooLow, ReversalTooLarge
from ledger.invariants import INVARIANTS
from ledger.models import Entry
from ledger.purposes import Purpose, normal
from tests.factories.ledger import key, moved, paid_out, sold

DAY = timedelta(days=1)
MICROSECOND = timedelta(microseconds=1)
START = datetime(2100, 1, 1, tzinfo=UTC)

amounts = st.integers(1, 1000)
days = st.integers(0, 3)


class Books(RuleBasedStateMachine):
    """What happens to a merchant's money."""

    def __init__(self):
        super().__init__()
        self.now = START
        self.merchant = key(book=Book.SANDBOX)
        self.reserve = key(Purpose.MERCHANT_RESERVE, self.merchant.owner_id, book=Book.SANDBOX)
        self.moves = defaultdict(list)  # account → (moment, change as shown to people)
        self.closed = {}  # account → end of the last close
        self.posted = []  # postings in order, with their ids
        self.reversed = set()

    # What the model believes

    def total(self, account, at):
        return sum(change for moment, change in self.moves[account] if moment <= at)

    def lowest(self, account, legs, since):
        moves = self.moves[account] + legs
        moments = {since, *(moment for moment, _ in moves if moment > since)}
        return min(sum(change for at, change in moves if at <= moment) for moment in moments)

    def dated(self, account, wanted):
        closed = self.closed.get(account)
        return wanted if closed is None else max(wanted, closed + MICROSECOND)

    def believe(self, said):
        for leg in said.legs:
            moment = self.dated(leg.account, leg.available_at or said.occurred_at)
            self.moves[leg.account].append((moment, leg.amount * normal(leg.account.purpose)))

    def covered(self, said):
        guarded = {leg.account for leg in said.legs if leg.guarded}
        return all(
            self.lowest(
                account,
                [
                    (leg.available_at or said.occurred_at, leg.amount * normal(account.purpose))
                    for leg in said.legs
                    if leg.account == account
                ],
                said.occurred_at,
            )
            >= 0
            for account in guarded
        )

    def try_to(self, said):
        if self.covered(said):
            with transaction.atomic():
                number = posting.post(said)
            self.posted.append((number, said))
            self.believe(said)
        else:
            with pytest.raises(BalanceTooLow), transaction.atomic():
                posting.post(said)

    # What may happen

    @rule(count=st.integers(1, 4))
    def days_pass(self, count):
        self.now += count * DAY

    @rule(amount=amounts, wait=days, fee=st.integers(0, 30))
    def sell(self, amount, wait, fee):
        self.try_to(sold(self.merchant, amount, self.now + wait * DAY, fee, occurred_at=self.now))

    @rule(sales=st.lists(amounts, min_size=2, max_size=5), wait=days)
    def sell_many(self, sales, wait):
        said = [sold(self.merchant, amount, self.now + wait * DAY, occurred_at=self.now) for amount in sales]
        with transaction.atomic():
            numbers = posting.post_many(said)
        self.posted.extend(zip(numbers, said, strict=True))
        for one in said:
            self.believe(one)

    @rule(amount=amounts, wait=st.integers(-2, 2))
    def pay_out(self, amount, wait):
        self.try_to(paid_out(self.merchant, amount, self.now + wait * DAY, occurred_at=self.now))

    @rule(amount=amounts)
    def hold_in_reserve(self, amount):
        self.try_to(moved(self.merchant, self.reserve, amount, occurred_at=self.now))

    @rule(amount=amounts, old=st.integers(-2, 3), new=st.integers(0, 5), guarded=st.booleans())
    def move_in_time(self, amount, old, new, guarded):
        said = redating.move(
            self.merchant,
            Money(amount, "CNY"),
            old=self.now + old * DAY,
            new=self.now + new * DAY,
            reference=f"move:{ids.new()}",
            kind="test.redated",
            subject=("test", ids.new()),
            occurred_at=self.now,
            actor=SYSTEM,
            guarded=guarded,
        )
        self.try_to(said)

    @rule(back=st.integers(0, 2), account=st.sampled_from(["merchant", "reserve"]))
    def close_the_books(self, back, account):
        account, upto = getattr(self, account), self.now - back * DAY
        closes.close(list(accounts.existing([account]).values()), upto)
        if self.moves[account]:
            self.closed[account] = max(upto, self.closed.get(account, upto))

    @precondition(lambda self: self.posted)
    @rule(data=st.data())
    def post_again(self, data):
        _, said = data.draw(st.sampled_from(self.posted))
        with pytest.raises(AlreadyPosted), transaction.atomic():
            posting.post(said)

    @precondition(lambda self: self.posted)
    @rule(data=st.data())
    def take_back(self, data):
        number, said = data.draw(st.sampled_from(self.posted))
        back = reversals.whole(
            number, reference=f"back:{ids.new()}", kind="test.reversed", occurred_at=self.now, actor=SYSTEM
        )
        if number in self.reversed or said.reverses:
            return self.cannot_take_back_twice(number, back)
        self.reversed.add(number)
        with transaction.atomic():
            posting.post(back)
        return self.believe(back)

    def cannot_take_back_twice(self, number, back):
        if number in self.reversed:
            with pytest.raises(ReversalTooLarge), transaction.atomic():
                posting.post(back)

    @rule(amount=amounts)
    def change_ones_mind(self, amount):
        with pytest.raises(KeyError), transaction.atomic():
            posting.post(sold(self.merchant, amount, occurred_at=self.now))
            raise KeyError

    @rule()
    def extend_the_chain(self):
        chain.extend()

    # What must hold

    @invariant()
    def balances_are_sums(self):
        for at in (self.now - DAY, self.now, self.now + 2 * DAY):
            found = balances.of_many([self.merchant, self.reserve], at=at)
            for account, balance in found.items():
                assert balance.available.amount == self.total(account, at)
                assert balance.available.amount + balance.pending.amount == self.total(
                    account, datetime.max.replace(tzinfo=UTC)
                )

    def teardown(self):
        lines = balances.lines(self.merchant, limit=200).lines
        expected = sorted(self.moves[self.merchant], key=lambda move: move[0])
        assert sorted(line.available_at for line in lines) == [moment for moment, _ in expected][-200:]
        assert all(
            line.balance.amount == sum(one.amount.amount for one in lines[place:])
            for place, line in enumerate(lines)
        )
        offending = [finding for finding in auditor.audit(INVARIANTS) if not finding.holds]
        assert not offending, offending


@pytest.mark.django_db(transaction=True)
def test_any_history_of_a_merchants_money_is_what_a_list_of_moves_says():
    run_state_machine_as_test(
        Books, settings=settings(max_examples=30, stateful_step_count=25, deadline=None)
    )


def test_the_clock_of_the_model_runs_ahead_of_the_servers():
    assert clock.now() < START


@pytest.mark.django_db(transaction=True)
@pytest.mark.long
def test_a_thousand_histories_hold_as_well():
    run_state_machine_as_test(
        Books, settings=settings(max_examples=1000, stateful_step_count=40, deadline=None)
    )
    assert Entry.objects.exists()
