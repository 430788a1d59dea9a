"""The states of Stripe's objects, in Stripe's own words."""

from enum import StrEnum

from kernel.machine import Machine


class SessionStatus(StrEnum):
    """A Checkout session. Complete says that the buyer is done, not that the money came."""

    OPEN = "open"
    COMPLETE = "complete"
    EXPIRED = "expired"


SESSION: Machine[SessionStatus] = Machine(
    start=SessionStatus.OPEN,
    moves={SessionStatus.OPEN: {SessionStatus.COMPLETE, SessionStatus.EXPIRED}},
)


class Mode(StrEnum):
    """What a session is for. An off-session one is an intent without a page."""

    PAYMENT = "payment"
    SETUP = "setup"
    OFF_SESSION = "off_session"


class IntentStatus(StrEnum):
    """The payment intent of a session."""

    WAITING = "requires_payment_method"
    CHALLENGED = "requires_action"
    PROCESSING = "processing"
    SUCCEEDED = "succeeded"
    CANCELED = "canceled"


_I = IntentStatus

INTENT: Machine[IntentStatus] = Machine(
    start=_I.WAITING,
    moves={
        _I.WAITING: {_I.CHALLENGED, _I.PROCESSING, _I.SUCCEEDED, _I.CANCELED},
        _I.CHALLENGED: {_I.WAITING, _I.SUCCEEDED, _I.CANCELED},
        _I.PROCESSING: {_I.SUCCEEDED, _I.WAITING},
    },
)


class RefundStatus(StrEnum):
    """A refund."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class DisputeStatus(StrEnum):
    """A dispute; those that begin with `warning` are inquiries, which move no money."""

    WARNING = "warning_needs_response"
    WARNING_CLOSED = "warning_closed"
    NEEDS_RESPONSE = "needs_response"
    UNDER_REVIEW = "under_review"
    WON = "won"
    LOST = "lost"


_D = DisputeStatus

DISPUTE: Machine[DisputeStatus] = Machine(
    start=_D.NEEDS_RESPONSE,
    moves={
        _D.WARNING: {_D.WARNING_CLOSED, _D.NEEDS_RESPONSE},
        _D.NEEDS_RESPONSE: {_D.UNDER_REVIEW, _D.WON, _D.LOST},
        _D.UNDER_REVIEW: {_D.WON, _D.LOST},
        _D.LOST: {_D.WON},
    },
)


class Ending(StrEnum):
    """How a buyer's visit to Checkout ends besides a card that is typed in."""

    PAY = "pay"
    TWICE = "twice"
    LATE = "late"
    WRONG_AMOUNT = "wrong_amount"
    WRONG_SIGNATURE = "wrong_signature"
    SILENCE = "silence"
    FORGED = "forged"
    DEBIT_SETTLES = "debit_settles"
    DEBIT_BOUNCES = "debit_bounces"


class Deed(StrEnum):
    """What happens later by itself, or by hand at the desk."""

    PAY = "pay"
    SETTLE = "settle"
    BOUNCE = "bounce"
    DISPUTE = "dispute"
    INQUIRE = "inquire"
    REVIEW = "review"
    WIN = "win"
    LOSE = "lose"
    REFUND_FAILS = "refund_fails"
    REFUND_SUCCEEDS = "refund_succeeds"
