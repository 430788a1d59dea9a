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
    """A channel's word, verified: this much was paid for this payment. `notice_id` is its evidence.

    `asked`: it is the channel's answer to our own question, and not a message that came by itself.
    """

    notice_id: UUID
    payment_id: UUID
    channel_txn: str
    paid: Money
    occurred_at: datetime | None
    asked: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """A payment and its order as they stand, locked. `amount` is what came, where it has succeeded."""

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
    discount: int = 0  # what coupons take off, minor units
    promotion: int = 0  # of it, what the platform makes up for
    subscription_id: UUID | None = None

    @property
    def money(self) -> Money:
        """What is to be paid, or came."""
        return Money(self.amount, self.currency)

    @property
    def is_settled(self) -> bool:
        """Whether something else has paid the order."""
        return self.order_state not in _UNPAID | _ENDED

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
    OTHER_AMOUNT = "other_amount"  # it came, and is not the price: it is surplus, and the order ends
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
        return _of_another_amount(standing, told)
    if standing.state == AttemptState.SUCCEEDED:
        return Verdict.REPEAT if standing.channel_txn == told.channel_txn else Verdict.OTHER_TXN
    if paid_meanwhile:
        return Verdict.SURPLUS
    if standing.order_state in _UNPAID:
        return Verdict.PAYS
    return Verdict.PAYS_LATE if standing.order_state in _ENDED else Verdict.SURPLUS


def _of_another_amount(standing: Standing, told: Told) -> Verdict:
    """Money is a fact by the channel's answer to our question. A message alone only makes us ask.

    Another currency, or no amount, cannot be counted: that is for a person.
    """
    countable = told.paid.currency == standing.currency and told.paid.amount > 0
    is_fact = told.asked and countable and standing.state != AttemptState.SUCCEEDED
    return Verdict.OTHER_AMOUNT if is_fact else Verdict.MISMATCH
