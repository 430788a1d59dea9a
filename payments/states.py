"""The states of the sale, each with its table of moves. No Django.

The same tables stand in the database as triggers (migration 0002); a test keeps the two alike.
"""

from enum import StrEnum

from kernel.machine import Machine


class PaymentState(StrEnum):
    """How an order stands with its money."""

    PENDING = "pending"
    PROCESSING = "processing"  # the channel has said that it was paid; it is being confirmed
    PAID = "paid"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    PARTIALLY_REFUNDED = "partially_refunded"
    REFUNDED = "refunded"


_P = PaymentState

# The arrows from expired and cancelled are money that came late and found its keys again.
ORDER_PAYMENT: Machine[PaymentState] = Machine(
    start=_P.PENDING,
    moves={
        _P.PENDING: {_P.PROCESSING, _P.PAID, _P.EXPIRED, _P.CANCELLED},
        _P.PROCESSING: {_P.PENDING, _P.PAID},
        _P.EXPIRED: {_P.PAID},
        _P.CANCELLED: {_P.PAID},
        _P.PAID: {_P.PARTIALLY_REFUNDED, _P.REFUNDED},
        # Backwards: a channel may call a refund done and fail it days later.
        _P.PARTIALLY_REFUNDED: {_P.REFUNDED, _P.PAID},
        _P.REFUNDED: {_P.PARTIALLY_REFUNDED, _P.PAID},
    },
)


class Fulfilment(StrEnum):
    """How an order stands with its goods."""

    NONE = "none"
    QUEUED = "queued"
    HELD = "held"  # a person looks at it first; the keys stay reserved
    DELIVERED = "delivered"
    FAILED = "failed"
    REVOKED = "revoked"


_F = Fulfilment

ORDER_FULFILMENT: Machine[Fulfilment] = Machine(
    start=_F.NONE,
    moves={
        _F.NONE: {_F.QUEUED, _F.HELD, _F.DELIVERED, _F.FAILED},
        _F.QUEUED: {_F.DELIVERED, _F.FAILED},
        _F.HELD: {_F.DELIVERED, _F.FAILED, _F.REVOKED},
        _F.FAILED: {_F.QUEUED, _F.DELIVERED, _F.REVOKED},
        _F.DELIVERED: {_F.REVOKED},
    },
)


class Flag(StrEnum):
    """What else is true of an order. Flags are set and never taken away."""

    PAID_LATE = "paid_late"
    DUPLICATE = "duplicate"  # it was paid more than once; the rest is surplus
    UNDERPAID = "underpaid"
    OVERPAID = "overpaid"


class AttemptState(StrEnum):
    """How one payment, an attempt to pay an order, stands."""

    CREATED = "created"  # the intent is recorded; the channel may or may not have heard of it
    PENDING = "pending"  # the buyer can pay
    UNKNOWN = "unknown"  # the channel did not say; asked about under the same number
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CLOSED = "closed"


_A = AttemptState

# The arrows from failed and closed: a channel may still take the money, and then the money is a fact.
ATTEMPT: Machine[AttemptState] = Machine(
    start=_A.CREATED,
    moves={
        _A.CREATED: {_A.PENDING, _A.UNKNOWN, _A.SUCCEEDED, _A.FAILED, _A.CLOSED},
        _A.PENDING: {_A.UNKNOWN, _A.SUCCEEDED, _A.FAILED, _A.CLOSED},
        _A.UNKNOWN: {_A.PENDING, _A.SUCCEEDED, _A.FAILED, _A.CLOSED},
        _A.FAILED: {_A.SUCCEEDED},
        _A.CLOSED: {_A.SUCCEEDED},
    },
)
OPEN_ATTEMPTS = frozenset({_A.CREATED, _A.PENDING, _A.UNKNOWN})


class Use(StrEnum):
    """What a succeeded payment's money is for."""

    NONE = ""
    APPLIED = "applied"  # it pays the order; one payment of an order at most
    SURPLUS = "surplus"  # it came besides, and goes back


class NoticeState(StrEnum):
    """What became of a verified notice."""

    RECEIVED = "received"  # stored; waits for its confirmation
    APPLIED = "applied"
    IGNORED = "ignored"  # it says nothing that changes anything
    REFUSED = "refused"  # genuine, but not what our row says


_N = NoticeState

NOTICE: Machine[NoticeState] = Machine(
    start=_N.RECEIVED,
    moves={
        _N.RECEIVED: {_N.APPLIED, _N.IGNORED, _N.REFUSED},
        # The same message again, judged again: it may fit by now, and must not be lost.
        _N.IGNORED: {_N.APPLIED, _N.REFUSED},
        _N.REFUSED: {_N.APPLIED, _N.IGNORED},
    },
)


class RefundState(StrEnum):
    """How a refund stands. Its request number never changes, whatever happens to it."""

    REQUESTED = "requested"  # the money is set aside; the channel may or may not have heard of it
    SENT = "sent"  # the channel works on it
    UNKNOWN = "unknown"  # the channel did not say
    SUCCEEDED = "succeeded"
    FAILED = "failed"  # the money is back where it was; a person may try it again


_R = RefundState

REFUND: Machine[RefundState] = Machine(
    start=_R.REQUESTED,
    moves={
        _R.REQUESTED: {_R.SENT, _R.UNKNOWN, _R.SUCCEEDED, _R.FAILED},
        _R.SENT: {_R.UNKNOWN, _R.SUCCEEDED, _R.FAILED},
        _R.UNKNOWN: {_R.SENT, _R.SUCCEEDED, _R.FAILED},
        # The channel had called it done, and got the money back.
        _R.SUCCEEDED: {_R.FAILED},
        # Tried again under its own number, after asking.
        _R.FAILED: {_R.REQUESTED},
    },
)
OPEN_REFUNDS = frozenset({_R.REQUESTED, _R.SENT, _R.UNKNOWN})


class RefundKind(StrEnum):
    """Why money goes back."""

    VOLUNTARY = "voluntary"  # the merchant gives it; needs cover
    SURPLUS = "surplus"  # it was never the merchant's
    REJECTED = "rejected"  # a review refused the order; forced


class DisputeState(StrEnum):
    """How a dispute stands at the channel. An inquiry asks first and moves no money."""

    INQUIRY = "inquiry"
    NEEDS_RESPONSE = "needs_response"
    UNDER_REVIEW = "under_review"
    WON = "won"
    LOST = "lost"
    CLOSED = "closed"  # an inquiry that ended without a dispute


_D = DisputeState

# News come in any order: what is older than what is known finds no arrow and changes nothing.
DISPUTE: Machine[DisputeState] = Machine(
    start=_D.NEEDS_RESPONSE,
    moves={
        _D.INQUIRY: {_D.NEEDS_RESPONSE, _D.UNDER_REVIEW, _D.WON, _D.LOST, _D.CLOSED},
        _D.NEEDS_RESPONSE: {_D.UNDER_REVIEW, _D.WON, _D.LOST, _D.CLOSED},
        _D.UNDER_REVIEW: {_D.WON, _D.LOST, _D.CLOSED},
        _D.LOST: {_D.WON},
    },
)
ENDED_DISPUTES = frozenset({_D.WON, _D.LOST, _D.CLOSED})
UNANSWERED_DISPUTES = frozenset({_D.INQUIRY, _D.NEEDS_RESPONSE})


class Funds(StrEnum):
    """Where the money of a dispute is."""

    UNTOUCHED = "untouched"
    HELD = "held"  # the channel has taken it; the merchant's is held for it
    RETURNED = "returned"  # the channel has given it back
    GONE = "gone"  # lost: it is the buyer's
    RECOVERED = "recovered"  # it was lost, and came back after all


FUNDS: Machine[Funds] = Machine(
    start=Funds.UNTOUCHED,
    moves={
        Funds.UNTOUCHED: {Funds.HELD},
        Funds.HELD: {Funds.RETURNED, Funds.GONE},
        Funds.GONE: {Funds.RECOVERED},
    },
)


class Device(StrEnum):
    """Where the buyer's browser runs; it only orders the methods."""

    DESKTOP = "desktop"
    MOBILE = "mobile"
    WECHAT = "wechat"
    ALIPAY = "alipay"


class AccountStatus(StrEnum):
    """A paused account opens no new payments; those that are open go on."""

    ACTIVE = "active"
    PAUSED = "paused"
