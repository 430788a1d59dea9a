"""How a transfer stands at the bank, and how it may move on."""

from enum import StrEnum

from kernel.machine import Machine


class BankState(StrEnum):
    """The bank's own words. FORGOTTEN is no word of it: the call came in, and nothing was kept of it."""

    ACCEPTED = "accepted"
    PAID = "paid"
    RETURNED = "returned"
    REFUSED = "refused"
    FORGOTTEN = "forgotten"


BANK = Machine(
    start=BankState.ACCEPTED,
    moves={
        BankState.FORGOTTEN: {BankState.PAID},
        BankState.ACCEPTED: {BankState.PAID, BankState.RETURNED},
        BankState.PAID: {BankState.RETURNED},
    },
)
