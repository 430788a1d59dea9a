"""What may happen to the money of a sale afterwards: closed, stated, approved by two, paid out, sent back."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import strategies as st
from hypothesis.stateful import rule

from kernel.actors import SYSTEM, Actor
from kernel.books import Book
from kernel.machine import IllegalMove
from ledger import balances
from ledger.legs import AccountKey
from ledger.purposes import OwnerKind, Purpose
from settlement import rhythm, schedules
from settlement.errors import SamePerson
from settlement.models import Payout, Statement
from settlement.services import cycles, payouts, transfers
from settlement.states import AT_THE_BANK, AWAITING, PayoutState
from tests.factories import settlement as make
from tests.journeys.floor import Floor
from tests.journeys.wallet import Mood
from tests.ledger.threads import together

_FAR = timedelta(days=400)
_SENT = [*AT_THE_BANK, PayoutState.APPROVED, PayoutState.PAID]

picks = st.integers(0, 99)
moods = st.sampled_from([Mood.WELL, Mood.WELL, Mood.MUTE, Mood.DEAF])


class Settling(Floor):
    """Two operators, a bank, and workers that settle."""

    # Money that leaves for the merchant

    @rule(pick=picks, hours=st.sampled_from([1, 30, 120]))
    def settle_the_period(self, pick: int, hours: int) -> None:
        """What beat does: up to the last midnight of a settlement day, where T+1 money begins to count."""
        self.some(self.applied, pick)
        self.advance(hours)
        merchant = self.shop.merchant
        self.settle_upto(rhythm.latest(schedules.of(merchant.pk), self.now()))
        self.look()

    @rule(pick=picks)
    def settle_out_of_turn(self, pick: int) -> None:
        self.some(self.applied, pick)
        self.advance(120)
        self.settle_upto(self.now() - timedelta(microseconds=1))
        self.look()

    @rule(workers=st.integers(2, 3))
    def settle_at_once(self, workers: int) -> None:
        merchant, upto = self.shop.merchant, self.now() - timedelta(seconds=1)
        ended = together([lambda: cycles.run(merchant.pk, "CNY", upto)] * workers)
        assert all(each is None or isinstance(each, Statement) for each in ended), ended
        assert len({each and each.pk for each in ended}) == 1, "One period has two statements."
        self.note_payouts()
        self.look()

    @rule(pick=picks, who=st.integers(0, 1), times=st.integers(1, 2))
    def approve(self, pick: int, who: int, times: int) -> None:
        by = self.world.operators[who]
        for payout in self.payouts_of(AWAITING, pick) * times:
            known = Payout.objects.get(pk=payout.pk)
            if known.state in AWAITING:
                self.approve_as(known, by)
        self.look()

    @rule(pick=picks)
    def approve_by_two_and_send(self, pick: int) -> None:
        for payout in self.payouts_of(AWAITING, pick):
            for by in self.world.operators:
                if payout.state in AWAITING and payout.first_approved_by_id != by.id:
                    payout = payouts.approve(payout, by, make.proof(), "It looks right.")
            transfers.send(payout)
        self.look()

    @rule(pick=picks, mood=st.sampled_from([*Mood, Mood.WELL]))
    def send_or_ask(self, pick: int, mood: Mood) -> None:
        for payout in self.payouts_of(_SENT, pick):
            self.teller.mood = mood
            self.move(payout)
        self.look()

    @rule(pick=picks, refused=st.booleans())
    def call_off(self, pick: int, refused: bool) -> None:
        for payout in self.payouts_of(list(PayoutState), pick):
            try:
                if refused:
                    payouts.reject(payout, self.world.operators[0], "Not this one.")
                else:
                    payouts.cancel(payout, actor=SYSTEM, reason="Not this one.")
            except IllegalMove:
                assert payout.state not in {*AWAITING, PayoutState.APPROVED}
        self.look()

    @rule(pick=picks, told_twice=st.booleans())
    def send_back(self, pick: int, told_twice: bool) -> None:
        """Days later the receiving bank sends it back; the bank may be asked again after that."""
        for payout in self.payouts_of([PayoutState.PAID], pick):
            self.teller.send_back(payout.request_no)
            for _ in range(1 + told_twice):
                self.move(payout)
        self.look()

    # What these rules share

    def payouts_of(self, states: Collection[PayoutState], pick: int) -> list[Payout]:
        """One of the payouts in these states; where none waits yet, after a settlement."""
        found = self._payouts(states)
        if not found and states == AWAITING:
            self.some(self.applied, pick)
            self.advance(120)
            self.settle_upto(self.now() - timedelta(microseconds=1))
            found = self._payouts(states)
        return [found[pick % len(found)]] if found else []

    def _payouts(self, states: Collection[PayoutState]) -> list[Payout]:
        return list(Payout.objects.filter(merchant=self.shop.merchant, state__in=states).order_by("pk"))

    def settle_upto(self, upto: datetime) -> None:
        """A period settled; what is drafted is covered, now and at every time to come."""
        before, drafted = self.lowest_ahead(), Payout.objects.filter(merchant=self.shop.merchant).count()
        cycles.run(self.shop.merchant.pk, "CNY", upto)
        if Payout.objects.filter(merchant=self.shop.merchant).count() > drafted:
            assert self.lowest_ahead() >= min(0, before), "More was drafted than there is."
        self.note_payouts()

    def approve_as(self, payout: Payout, by: Actor) -> None:
        try:
            payouts.approve(payout, by, make.proof(), "It looks right.")
        except SamePerson:
            assert payout.first_approved_by_id == by.id
        else:
            assert payout.first_approved_by_id != by.id, "One person approved twice."

    def note_payouts(self) -> None:
        self.has_paid_out |= Payout.objects.filter(merchant=self.shop.merchant).exists()

    def move(self, payout: Payout) -> None:
        """What the sweep does with one payout."""
        payout = Payout.objects.get(pk=payout.pk)
        if payout.state == PayoutState.APPROVED:
            transfers.send(payout)
        else:
            transfers.ask(payout)

    def bring_to_rest(self) -> None:
        """And the bank is asked until nothing is open there."""
        super().bring_to_rest()
        self.teller.mood = Mood.WELL
        for _ in range(2):
            for payout in self._payouts(_SENT):
                self.move(payout)
        assert not self._payouts([*AT_THE_BANK, PayoutState.APPROVED])

    def compare(self) -> None:
        """What the bank moved is what the payouts say, and what the ledger says of the bank's money."""
        super().compare()
        for payout in self._payouts([PayoutState.PAID, PayoutState.RETURNED, PayoutState.FAILED]):
            assert self.teller.transfers[payout.request_no].state == payout.state, payout.request_no
        bank = AccountKey(OwnerKind.PLATFORM, None, Purpose.BANK, "CNY", Book.SANDBOX)
        transit = replace(self.books().merchant, purpose=Purpose.PAYOUT_TRANSIT)
        waiting = sum(payout.amount for payout in self._payouts(AWAITING))
        assert self._lies_on(bank) == -self.teller.gone, "The bank's money is not what the bank says."
        assert self._lies_on(transit) == waiting + self.taken_out, "What is in transit is not what waits."

    def _lies_on(self, key: AccountKey) -> int:
        return balances.of(key, at=self.now() + _FAR).available.amount
