"""A bank in this process: it pays, sends back, or says nothing for a day, as the dice have it."""

from dataclasses import dataclass, field

from settlement.rails import Connection, TransferAnswer, TransferAsk, TransferState

CODE = "simulated"
_SENT_BACK_EVERY, _SILENT_EVERY = 7, 5


@dataclass(slots=True)
class Bank:
    """A `settlement.rails.Rail`. Every seventh transfer comes back, every fifth is silent at first."""

    orders: dict[str, TransferAsk] = field(default_factory=dict)
    ends: dict[str, TransferState] = field(default_factory=dict)
    repeated: int = 0

    # ruff: noqa: ARG002 - the port names the arguments

    def check(self, account: Connection) -> None:
        """Any connection will do."""

    def transfer(self, account: Connection, ask: TransferAsk) -> TransferAnswer:
        """Take the order, once; the same number again says only how it stands."""
        if ask.request_no in self.orders:
            self.repeated += 1
            return self._says(ask.request_no)
        self.orders[ask.request_no] = ask
        place = len(self.orders)
        is_back = place % _SENT_BACK_EVERY == 0
        self.ends[ask.request_no] = TransferState.RETURNED if is_back else TransferState.PAID
        if place % _SILENT_EVERY == 0:
            return TransferAnswer(TransferState.UNKNOWN, "timeout")
        return TransferAnswer(TransferState.PAID, amount=ask.amount)

    def query(self, account: Connection, request_no: str) -> TransferAnswer:
        """How it ended; a payment that came back says so from the first question on."""
        return self._says(request_no)

    def _says(self, request_no: str) -> TransferAnswer:
        if request_no not in self.orders:
            return TransferAnswer(TransferState.ABSENT)
        return TransferAnswer(self.ends[request_no], amount=self.orders[request_no].amount)
