"""What a line of a merchant's account is called. Pure: sentences in English, marked for translation."""

from kernel.errors import said

from .lines import Category, Line
from .postings import RELEASED, RESERVED

ADJUSTMENT = said("Adjustment")
PLATFORM_FEE = said("Platform's fee")
CHANNEL_FEE = said("Channel's fee")
MADE_UP_FOR = said("The platform's part of a discount")

# By the kind of its posting: where the line gives, and where it takes.
_KINDS = {
    "payment.captured": (said("Sale"), said("Fee of a sale")),
    "payment.surplus": (said("Money beside an order, kept for its buyer"), ADJUSTMENT),
    "refund.set_aside": (said("Fee given back with a refund"), said("Refund")),
    "refund.given_up": (said("Refund that the channel refused"), said("Fee taken again")),
    "dispute.held": (ADJUSTMENT, said("Held for a dispute")),
    "dispute.returned": (said("Dispute won, money back"), ADJUSTMENT),
    "dispute.recovered": (said("Lost dispute, paid back after all"), ADJUSTMENT),
    "dispute.fee": (said("Fee of a dispute, given back"), said("Fee of a dispute")),
    RESERVED: (ADJUSTMENT, said("Payout")),
    RELEASED: (said("Payout not made, money back"), ADJUSTMENT),
}

# What banks say by a code of their own.
_BANK = {
    "account_closed": said("The account is closed."),
    "name_mismatch": said("The holder's name does not fit the account."),
    "beneficiary_unknown": said("The receiving bank knows no such account."),
}


def of_bank(code: str, message: str) -> str:
    """Why a bank did not pay: its own sentence, else what its code means; empty where neither is known."""
    return message or _BANK.get(code, "")


def of_kind(kind: str, *, gives: bool) -> str:
    """What a line of this kind is called; `gives` where it adds to the balance."""
    given, taken = _KINDS.get(kind, (ADJUSTMENT, ADJUSTMENT))
    return given if gives else taken


def of_line(line: Line) -> str:
    """What a line of a statement is called.

    The two fees of a sale, and of its refund, are told apart, and whose money of a lowered price it is.
    """
    if line.made_up_for:
        return MADE_UP_FOR
    if line.category == Category.FEES and line.kind.startswith(("payment.", "refund.")):
        return PLATFORM_FEE if line.to_platform else CHANNEL_FEE
    return of_kind(line.kind, gives=line.amount.amount > 0)
