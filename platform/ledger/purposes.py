"""What an account is for, whose it is, and on which side it normally stands."""

from enum import StrEnum


class OwnerKind(StrEnum):
    """Whose account it is. The platform is one; all others have an id."""

    PLATFORM = "platform"
    MERCHANT = "merchant"
    CHANNEL_ACCOUNT = "channel_account"
    BUYER = "buyer"


class Purpose(StrEnum):
    """What the money in an account is."""

    CHANNEL_RECEIVABLE = "channel_receivable"  # a channel account owes it to the platform
    BANK = "bank"
    MERCHANT = "merchant"  # owed to a merchant, available and pending
    MERCHANT_RESERVE = "merchant_reserve"
    ESCROW = "escrow"
    DISPUTE_HOLD = "dispute_hold"
    PAYOUT_TRANSIT = "payout_transit"  # sent, and not yet said to have arrived
    REFUND_TRANSIT = "refund_transit"
    SPLIT_TRANSIT = "split_transit"
    PLATFORM_FEE = "platform_fee"
    CHANNEL_FEE = "channel_fee"
    PROMOTION = "promotion"
    FX = "fx"
    BUYER_BALANCE = "buyer_balance"
    POINTS = "points"
    POINTS_ISSUED = "points_issued"
    SURPLUS = "surplus"  # received, and nobody's: goes back
    SUSPENSE = "suspense"
    ROUNDING = "rounding"
    TAX = "tax"
    BAD_DEBT = "bad_debt"


# Assets and expenses grow by debits; what is owed or earned grows by credits.
DEBIT_NORMAL = frozenset(
    {
        Purpose.CHANNEL_RECEIVABLE,
        Purpose.BANK,
        Purpose.CHANNEL_FEE,
        Purpose.PROMOTION,
        Purpose.FX,
        Purpose.POINTS_ISSUED,
        Purpose.ROUNDING,
        Purpose.BAD_DEBT,
    }
)

# One business object after another passes through these; each leaves nothing behind.
TRANSIT = frozenset({Purpose.PAYOUT_TRANSIT, Purpose.REFUND_TRANSIT, Purpose.SPLIT_TRANSIT})

# What a buyer may spend in one store and in no other.
OF_A_STORE = frozenset({Purpose.BUYER_BALANCE, Purpose.POINTS, Purpose.POINTS_ISSUED})


def normal(purpose: Purpose) -> int:
    """+1 where debits make the balance grow, -1 where credits do. People are shown `amount * normal`."""
    return 1 if purpose in DEBIT_NORMAL else -1
