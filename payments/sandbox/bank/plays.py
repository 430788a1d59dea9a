"""The last four digits of an account number decide what happens to a transfer to it."""

from dataclasses import dataclass
from datetime import timedelta

from .states import BankState

_S = BankState


@dataclass(frozen=True)
class Play:
    """A transfer begins as `first` and becomes `then` after a while. `says` is the code that goes with it.

    `silent`: the call gets no answer in time. `forged`: the answer's signature is wrong.
    """

    first: BankState = _S.PAID
    then: BankState | None = None
    after: timedelta = timedelta()
    says: str = ""
    silent: bool = False
    forged: bool = False


PAID = Play()

# 0001 to 0003 stand in the table of magic values; any other number is paid at once.
PLAYS = {
    "0001": PAID,
    "0002": Play(_S.ACCEPTED, _S.RETURNED, timedelta(seconds=5), says="account_closed"),
    "0003": Play(_S.REFUSED, says="name_mismatch"),
    "0004": Play(_S.ACCEPTED, _S.PAID, timedelta(seconds=30)),
    "0005": Play(silent=True),
    "0006": Play(_S.FORGOTTEN, silent=True),
    "0007": Play(forged=True),
    "0008": Play(_S.PAID, _S.RETURNED, timedelta(seconds=5), says="beneficiary_unknown"),
    "0009": Play(_S.ACCEPTED),
}


def play_of(number: str) -> Play:
    """What happens to a transfer to this account number."""
    return PLAYS.get(number[-4:], PAID)
