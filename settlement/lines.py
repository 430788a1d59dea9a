"""The lines of a statement: what each entry of the ledger was for. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import orjson

from kernel import ids
from kernel.money import Money


class Category(StrEnum):
    """Under which sum of the statement a line counts."""

    SALES = "sales"
    REFUNDS = "refunds"
    FEES = "fees"
    ADJUSTMENTS = "adjustments"
    DISPUTES = "disputes"
    PAYOUTS = "payouts"


# The beginning of a posting's kind, then what it counts as where it gives and where it takes. Of a sale and
# its refund the larger part is the buyer's money; what runs the other way is a fee. The first that fits.
_C = Category
_CATEGORIES = (
    ("payment.", _C.SALES, _C.FEES),
    ("refund.given_up", _C.REFUNDS, _C.FEES),
    ("refund.", _C.FEES, _C.REFUNDS),
    ("fee.", _C.FEES, _C.FEES),
    ("dispute.", _C.DISPUTES, _C.DISPUTES),
    ("payout.", _C.PAYOUTS, _C.PAYOUTS),
)
_PREFIXES = {"payment": "pay", "refund": "rfd", "payout": "po", "dispute": "dsp"}


@dataclass(frozen=True, slots=True)
class Line:
    """An entry as the merchant sees it.

    `subject` names the payment, refund, dispute or payout that it is about; `order` and `payment` the order
    and the payment behind that, where the ledger's facts name them. `price` and `discount` are what a buyer's
    money was before coupons and what they took off; a memo, and no part of any sum. `to_platform` tells a fee
    of the platform from one of the channel, `made_up_for` the platform's part of a discount from that money.
    """

    entry_id: UUID
    available_at: datetime
    occurred_at: datetime
    kind: str
    category: Category
    subject: str
    order: str
    payment: str
    reference: str
    amount: Money
    price: Money | None = None
    discount: Money | None = None
    to_platform: bool = False
    made_up_for: bool = False


def category(kind: str, shown: int) -> Category:
    """Under which sum an entry of this kind counts; `shown` is its amount as the merchant sees it."""
    for beginning, gives, takes in _CATEGORIES:
        if kind.startswith(beginning):
            return gives if shown > 0 else takes
    return Category.ADJUSTMENTS


def read_line(row: Sequence[Any], currency: str) -> Line:
    """A line from the row that `statements.lines` reads."""
    (
        entry_id,
        available_at,
        occurred_at,
        kind,
        subject_type,
        subject_id,
        reference,
        facts,
        shown,
        memo,
        ours,
        made_up_for,
    ) = row
    told = orjson.loads(facts) if isinstance(facts, str | bytes) else facts
    prefix = _PREFIXES.get(subject_type)
    subject = ids.encode(prefix, subject_id) if prefix else ""
    return Line(
        entry_id=entry_id,
        available_at=available_at,
        occurred_at=occurred_at,
        kind=kind,
        category=category(kind, int(shown)),
        subject=subject,
        order=str(told.get("order", "")),
        payment=subject if subject_type == "payment" else str(told.get("payment", "")),
        reference=reference,
        amount=Money(int(shown), currency),
        price=Money(int(told["list"]), currency) if memo else None,
        discount=Money(int(told["discount"]), currency) if memo else None,
        to_platform=bool(ours),
        made_up_for=bool(made_up_for),
    )
