"""What a channel tells by itself: notifications as they came in, verified, and how they are answered."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import orjson

from kernel.errors import Problem, said
from kernel.money import Money

from .base import ChargeState, MandateState, RefundState


@dataclass(frozen=True, slots=True)
class NoticeRequest:
    """A notification as it came in."""

    body: bytes
    content_type: str
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class NoticeSaid:
    """A notification, verified. The sale still compares every value with its own row.

    `state` UNKNOWN: it is genuine but does not say how the charge stands (a refund was notified, or a word is
    new). It confirms nothing; a payment that is still open is asked about.
    """

    key: str  # the channel's name for the notification; a repeat carries the same, and so may a later word
    reference: str
    channel_txn: str
    state: ChargeState
    amount: Money
    occurred_at: datetime | None
    fields: Mapping[str, str]  # all that was signed, and nothing else

    @property
    def digest(self) -> bytes:
        """SHA-256 of what was said. The same message has the same one, however its form was written."""
        said = (
            *(self.reference, self.channel_txn, self.state, self.amount.amount, self.amount.currency),
            *(self.occurred_at, dict(self.fields)),
        )
        return hashlib.sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).digest()


@dataclass(frozen=True, slots=True)
class RefundSaid:
    """A notification about a refund, verified. `request_no` is ours; empty: it was made at the channel."""

    key: str
    request_no: str
    channel_txn: str  # of the payment
    state: RefundState
    amount: Money
    code: str
    digest: bytes
    turn: int = 0  # of the refund that is meant


class DisputeState(StrEnum):
    """How a dispute stands. An inquiry asks first and moves no money."""

    INQUIRY = "inquiry"
    NEEDS_RESPONSE = "needs_response"
    UNDER_REVIEW = "under_review"
    WON = "won"
    LOST = "lost"
    CLOSED = "closed"  # an inquiry that ended without a dispute


@dataclass(frozen=True, slots=True)
class DisputeSaid:
    """A notification about a dispute, verified: the whole of it, as it stood when this was sent.

    `taken` and `returned` are what the channel has moved so far, `fee` what it has charged for it besides,
    `movements` how often it has done either: with it, old news are told from new.
    """

    key: str
    dispute: str  # the channel's name for it
    channel_txn: str  # of the payment
    state: DisputeState
    amount: Money
    reason: str
    due_by: datetime | None
    taken: int
    returned: int
    fee: Money
    movements: int
    occurred_at: datetime
    digest: bytes


@dataclass(frozen=True, slots=True)
class MandateTold:
    """A notification about a mandate, verified. It changes nothing by itself: the mandate is asked about.

    `reference` is ours, or empty where the channel only names its own `handle`.
    """

    key: str
    reference: str
    handle: str
    state: MandateState


@dataclass(frozen=True, slots=True)
class Aside:
    """A notification, verified, about nothing of ours. It is accepted and forgotten."""

    key: str


Said = NoticeSaid | RefundSaid | DisputeSaid | MandateTold | Aside


@dataclass(frozen=True, slots=True)
class Reply:
    """The channel's literal answer to a notification."""

    status: int
    body: bytes
    content_type: str = "text/plain; charset=utf-8"


class NoticeRefused(Problem):
    """The notification is not genuine, not for this account, or not in the agreed form."""

    code, status, title = "payments.notice_refused", 400, said("The notification was refused: {why}.")
    advice = said("Nothing was changed.")
