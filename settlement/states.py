"""The states of settlement, each with its table of moves. No Django.

The table of payouts stands in the database as well (migration 0004); a test keeps the two alike.
"""

from enum import StrEnum

from kernel.machine import Machine


class Cycle(StrEnum):
    """How often a merchant is settled."""

    DAILY = "daily"  # every business day: T+1
    WEEKLY = "weekly"  # on one weekday, or the business day after it


class BankAccountState(StrEnum):
    """Only an active account is paid to; a merchant has one for each currency."""

    PENDING = "pending"  # an operator has yet to confirm that it is the merchant's
    ACTIVE = "active"
    RETIRED = "retired"


_B = BankAccountState

BANK_ACCOUNT: Machine[BankAccountState] = Machine(
    start=_B.PENDING, moves={_B.PENDING: {_B.ACTIVE, _B.RETIRED}, _B.ACTIVE: {_B.RETIRED}}
)


class Outcome(StrEnum):
    """What became of a statement's closing balance."""

    OPEN = ""  # not decided yet
    DRAFTED = "drafted"  # there is a payout
    CARRIED = "carried"  # it stays with the merchant; the next statement opens with it


_O = Outcome

# From carried to drafted: a person asks for the payout, or what was missing is there now.
STATEMENT: Machine[Outcome] = Machine(
    start=_O.OPEN, moves={_O.OPEN: {_O.DRAFTED, _O.CARRIED}, _O.CARRIED: {_O.DRAFTED}}
)


class Carried(StrEnum):
    """Why a closing balance was carried forward."""

    NOTHING = "nothing"  # there is none
    NEGATIVE = "negative"  # the merchant owes it
    NOT_PERMITTED = "not_permitted"  # the platform may not hold and pay out this merchant's money
    PAUSED = "paused"
    BELOW_MINIMUM = "below_minimum"
    NO_ACCOUNT = "no_account"
    UNCOVERED = "uncovered"  # what came after the close has taken it
    SUPERSEDED = "superseded"  # a later statement has opened with it


class PayoutState(StrEnum):
    """How a payout stands. Its request number never changes, whatever happens to it."""

    DRAFTED = "drafted"  # its money is set aside
    FIRST_APPROVED = "first_approved"
    APPROVED = "approved"  # by two; waits to be sent
    SENT = "sent"  # the bank may or may not have heard of it yet, or works on it
    UNKNOWN = "unknown"  # the bank did not say
    PAID = "paid"
    RETURNED = "returned"  # the money came back
    FAILED = "failed"  # the bank will not do it
    REJECTED = "rejected"  # an operator refused it
    CANCELLED = "cancelled"  # called off before it was sent


_P = PayoutState

# From paid to returned: a receiving bank may send money back days later.
PAYOUT: Machine[PayoutState] = Machine(
    start=_P.DRAFTED,
    moves={
        _P.DRAFTED: {_P.FIRST_APPROVED, _P.REJECTED, _P.CANCELLED},
        _P.FIRST_APPROVED: {_P.APPROVED, _P.REJECTED, _P.CANCELLED},
        _P.APPROVED: {_P.SENT, _P.REJECTED, _P.CANCELLED},
        _P.SENT: {_P.UNKNOWN, _P.PAID, _P.RETURNED, _P.FAILED},
        _P.UNKNOWN: {_P.SENT, _P.PAID, _P.RETURNED, _P.FAILED},
        _P.PAID: {_P.RETURNED},
    },
)
AWAITING = frozenset({_P.DRAFTED, _P.FIRST_APPROVED})
"""Waits for an operator."""

AT_THE_BANK = frozenset({_P.SENT, _P.UNKNOWN})
"""Sent, and not known to have ended."""

SET_ASIDE = AWAITING | AT_THE_BANK | {_P.APPROVED}
"""Its money lies in transit."""

GIVEN_BACK = frozenset({_P.RETURNED, _P.FAILED, _P.REJECTED, _P.CANCELLED})
"""Its money is the merchant's again."""
