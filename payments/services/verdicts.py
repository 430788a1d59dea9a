"""What a channel's word that money came means for the order. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from kernel.money import Money

from ..states import AttemptState, NoticeState, PaymentState


@dataclass(frozen=True, slots=True)
class Told:
    """A channel's word, verified: this much was paid for this payment. `notice_id` is its evidence."""

    notice_id: UUID
    payment_id: UUID
    channel_txn: str
    paid: Money
    occurred_at: datetime | None


@dataclass(frozen=True, slots=True)
class Standing:
    """A payment and its order as they stand, locked."""

    order_id: UUID
    payment_id: UUID
    merchant_id: UUID
    book: str
    account_id: UUID
    method: str
    amount: int
    currency: str
    state: str
    channel_txn: str
    order_state: str
    product_id: UUID
    quantity: int
    placed_at: datetime
    review: bool
    clock_ahead: timedelta
    channel_rate: Decimal

    @property
    def money(self) -> Money:
        """What was to be paid."""
        return Money(self.amount, self.currency)

    def paid_at(self, occurred_at: datetime | None, now: datetime) -> datetime:
        """When the buyer paid, on the merchant's clock: what the channel says, if it can be true at all."""
        if occurred_at is None:
            return now
        return min(max(occurred_at + self.clock_ahead, self.placed_at), now)


class Verdict(StrEnum):
    """What becomes of the money."""

    PAYS = "pays"
    PAYS_LATE = "pays_late"  # the order had ended; its keys have to be found again
    SURPLUS = "surplus"
    REPEAT = "repeat"
    MISMATCH = "mismatch"
    OTHER_TXN = "other_txn"  # the payment succeeded under another transaction of the channel

    @property
    def notice_state(self) -> NoticeState:
        """What becomes of the notice."""
        if self in (Verdict.MISMATCH, Verdict.OTHER_TXN):
            return NoticeState.REFUSED
        return NoticeState.IGNORED if self is Verdict.REPEAT else NoticeState.APPLIED


_UNPAID = frozenset({PaymentState.PENDING, PaymentState.PROCESSING})
_ENDED = frozenset({PaymentState.EXPIRED, PaymentState.CANCELLED})


def judge(standing: Standing, told: Told, *, paid_meanwhile: bool) -> Verdict:
    """What the money is for. `paid_meanwhile`: another payment of the same batch has just paid the order."""
    if told.paid != standing.money:
        return Verdict.MISMATCH
    if standing.state == AttemptState.SUCCEEDED:
        return Verdict.REPEAT if standing.channel_txn == told.channel_txn else Verdict.OTHER_TXN
    if paid_meanwhile:
        return Verdict.SURPLUS
    if standing.order_state in _UNPAID:
        return Verdict.PAYS
    return Verdict.PAYS_LATE if standing.order_state in _ENDED else Verdict.SURPLUS
