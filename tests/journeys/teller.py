"""A bank as it is to its customers: transfers by number, and a mood in which it may keep silent.

It remembers what it did, so it is the other side of the books: money that it moved and that did not come
back is what the ledger must say that left the platform's bank account.
"""

from dataclasses import dataclass, field

from settlement.rails import Connection, TransferAnswer, TransferAsk, TransferState
from tests.journeys.wallet import Mood


@dataclass
class Transfer:
    """Money sent under one number. `amount` in minor units."""

    amount: int
    number: str
    state: TransferState = TransferState.PAID


@dataclass
class Teller:
    """All transfers, and the mood for the next call."""

    transfers: dict[str, Transfer] = field(default_factory=dict)
    mood: Mood = Mood.WELL

    def check(self, account: Connection) -> None:
        """Any connection will do."""

    def transfer(self, account: Connection, ask: TransferAsk) -> TransferAnswer:
        """Move the money, once a number."""
        mood, self.mood = self.mood, Mood.WELL
        if mood is Mood.DEAF:
            return TransferAnswer(TransferState.UNKNOWN, "silence")
        fresh = Transfer(ask.amount.amount, ask.number)
        if mood is Mood.UNWILLING:
            fresh.state = TransferState.FAILED
        known = self.transfers.setdefault(ask.request_no, fresh)
        assert (known.amount, known.number) == (fresh.amount, fresh.number), "Another order under a number."
        return self._word(known, mood)

    def query(self, account: Connection, request_no: str) -> TransferAnswer:
        """How it stands."""
        mood, self.mood = self.mood, Mood.WELL
        known = self.transfers.get(request_no)
        if mood is Mood.DEAF:
            return TransferAnswer(TransferState.UNKNOWN, "silence")
        return self._word(known, mood) if known else TransferAnswer(TransferState.ABSENT)

    def send_back(self, request_no: str) -> None:
        """The receiving bank does not want it."""
        known = self.transfers.get(request_no)
        if known is not None and known.state is TransferState.PAID:
            known.state = TransferState.RETURNED

    @property
    def gone(self) -> int:
        """What has left for good, in minor units."""
        return sum(each.amount for each in self.transfers.values() if each.state is TransferState.PAID)

    def _word(self, known: Transfer, mood: Mood) -> TransferAnswer:
        return TransferAnswer(TransferState.UNKNOWN if mood is Mood.MUTE else known.state)
