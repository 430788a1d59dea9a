"""What a channel can do, as small protocols, and the frozen values between the sale and a channel."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Protocol
from uuid import UUID

import orjson

from kernel.errors import Problem, said
from kernel.money import Money


class ActionKind(StrEnum):
    """What the buyer is asked to do."""

    LINK = "link"  # open `value`, an address at the channel
    QR = "qr"  # scan `value`, the text of a QR code


@dataclass(frozen=True, slots=True)
class Action:
    """The next step of the buyer. `value` is no secret, but it is shown to nobody else."""

    kind: ActionKind
    value: str


class ChargeState(StrEnum):
    """What a channel says of a charge. UNKNOWN: it did not say; ask again under the same number."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CLOSED = "closed"
    ABSENT = "absent"  # the channel has never heard of the number
    UNKNOWN = "unknown"


class RefundState(StrEnum):
    """What a channel says of a refund."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    ABSENT = "absent"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Account:
    """A channel account, opened: `secrets` holds plain keys, so it is never logged nor stored."""

    id: UUID
    channel: str
    gateway: str  # the address of the channel's server
    settings: Mapping[str, str]  # for alipay: app_id, seller_id
    secrets: Mapping[str, str] = field(repr=False)  # for alipay: private_key, channel_public_key (PEM)
    version: int  # counts credential changes: what is built from secrets is cached by (id, version)


class MandateState(StrEnum):
    """What a channel says of a buyer's permission to be charged again."""

    PENDING = "pending"  # the buyer has not agreed yet
    ACTIVE = "active"
    ENDED = "ended"  # by the buyer, by us, or because the card is gone
    ABSENT = "absent"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class MandateSaid:
    """A permission as the channel keeps it. `handle` is the channel's own name for it, no secret of the card.

    `label` is what the buyer knows it by ("Visa •••• 4242"), `expires_on` the last day of the card.
    """

    handle: str
    label: str = ""
    expires_on: date | None = None


@dataclass(frozen=True, slots=True)
class MandateOffer:
    """A page on which the buyer agrees to be charged later and pays nothing now. `reference`: `mnd_…`."""

    reference: str
    method: str
    subject: str
    currency: str
    notify_url: str
    return_url: str
    expires_at: datetime
    language: str = ""


@dataclass(frozen=True, slots=True)
class MandateAnswer:
    """What came back from offering, asking about or ending a mandate. `handle` names the page, once made."""

    state: MandateState
    action: Action | None = None
    handle: str = ""
    mandate: MandateSaid | None = None
    code: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class Charge:
    """What is asked of a channel. `reference` is our number for the payment, for life.

    `expires_at` is the world's time, and never further off than the channel's `longest`.
    With `keep` the buyer, who pays now, also agrees to be charged later; with `mandate`, the handle of such
    an agreement, nobody is asked and the money moves at once.
    """

    reference: str
    method: str
    amount: Money
    subject: str
    notify_url: str
    return_url: str
    expires_at: datetime
    language: str = ""  # the buyer's, as Django names it
    keep: bool = False
    mandate: str = ""


@dataclass(frozen=True, slots=True)
class ChargeAnswer:
    """What came back from create, query or close. `paid` is what the channel says was paid.

    `handle` is the channel's own name for the charge, where it wants to be asked by that and not by our
    number; it is kept with the payment and handed to `query` and `close`.
    """

    state: ChargeState
    action: Action | None = None
    handle: str = ""
    channel_txn: str = ""
    paid: Money | None = None
    paid_at: datetime | None = None
    code: str = ""  # the channel's own code, for the attempts table
    message: str = ""
    mandate: MandateSaid | None = None  # what the buyer agreed to besides paying


@dataclass(frozen=True, slots=True)
class RefundAsk:
    """A refund under one `request_no` for life. `total` is what was paid in all, `channel_txn` by what."""

    reference: str
    request_no: str
    amount: Money
    total: Money
    reason: str
    channel_txn: str = ""
    turn: int = 0  # how often it was sent before and failed; most channels need not know


@dataclass(frozen=True, slots=True)
class RefundAnswer:
    """What came back from refund or its query."""

    state: RefundState
    code: str = ""
    message: str = ""


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


class AccountRefused(Problem):
    """The settings or keys of a channel account cannot work, whatever the channel would say."""

    code, status, title = "payments.account_refused", 400, said("The channel account cannot be used: {why}.")
    advice = said("Nothing was changed. Correct the settings and save them again.")


@dataclass(frozen=True, slots=True)
class Method:
    """One way to pay on a channel. `offline_create`: creating a charge signs here and calls nobody.

    `keeps` names the method by which a buyer who agrees is charged later; one without devices is such a
    method, and is offered to nobody.
    """

    code: str  # alipay.qr, alipay.page, alipay.wap
    label: str
    action: ActionKind
    devices: frozenset[str]  # desktop, mobile, wechat, alipay: where it is offered
    offline_create: bool
    keeps: str = ""


@dataclass(frozen=True, slots=True)
class Field:
    """A setting or a secret that an account of the channel has. A secret is written and never shown."""

    name: str
    label: str
    needed: bool = True
    lines: bool = False  # a text of several lines, as keys are


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a channel is and offers.

    `by_account`: its notifications all come to the account's address, not to the payment's. `longest`: how
    long a charge may wait for its buyer there.
    """

    channel: str
    label: str
    methods: tuple[Method, ...]
    currencies: frozenset[str]
    min_amount: Mapping[str, int]
    max_amount: Mapping[str, int]
    licensed: bool
    settings: tuple[Field, ...]
    secrets: tuple[Field, ...]
    notice_max_bytes: int = 16_384
    by_account: bool = False
    longest: timedelta = timedelta(days=15)


class Charges(Protocol):
    """Take money. None of these raises for a channel's mood: time-outs and nonsense are UNKNOWN."""

    capabilities: Capabilities

    def create(self, account: Account, charge: Charge) -> ChargeAnswer: ...

    def query(self, account: Account, reference: str, handle: str = "") -> ChargeAnswer: ...

    def close(self, account: Account, reference: str, handle: str = "") -> ChargeAnswer: ...

    def read_notice(self, account: Account, request: NoticeRequest) -> Said: ...

    def acknowledge(self, *, accepted: bool) -> Reply: ...


class Refunds(Protocol):
    """Give money back."""

    def refund(self, account: Account, ask: RefundAsk) -> RefundAnswer: ...

    def query_refund(self, account: Account, ask: RefundAsk) -> RefundAnswer: ...


class Mandates(Protocol):
    """Charge a buyer who agreed to it before, without asking again.

    The charge itself is `Charges.create` with `Charge.mandate`; it is queried, refunded and told like every
    other. None of these raises for a channel's mood.
    """

    def offer(self, account: Account, offer: MandateOffer) -> MandateAnswer: ...

    def ask_mandate(self, account: Account, reference: str, handle: str) -> MandateAnswer: ...

    def end_mandate(self, account: Account, handle: str) -> MandateAnswer: ...


class Channel(Charges, Refunds, Protocol):
    """A channel that can do both, as all of ours can."""

    def check(self, account: Account) -> None:
        """Raise AccountRefused unless the account can work at all. Called before an account is saved."""
