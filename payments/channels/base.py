"""The frozen values between the sale and a channel: what is asked, and what comes back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

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
