"""The states of subscriptions and what belongs to them, each with its table of moves. No Django.

The same tables stand in the database as triggers (migration 0001); a test keeps the two alike.
"""

from enum import StrEnum

from kernel.machine import Machine


class SubscriptionState(StrEnum):
    """How a subscription stands with its buyer."""

    INCOMPLETE = "incomplete"  # its first payment, or its mandate for after the trial, is awaited
    TRIALING = "trialing"
    ACTIVE = "active"
    PAST_DUE = "past_due"  # a period has begun that is not paid; tried again by the schedule
    PAUSED = "paused"
    ENDED = "ended"


_S = SubscriptionState

SUBSCRIPTION: Machine[SubscriptionState] = Machine(
    start=_S.INCOMPLETE,
    moves={
        _S.INCOMPLETE: {_S.TRIALING, _S.ACTIVE, _S.ENDED},
        _S.TRIALING: {_S.ACTIVE, _S.PAST_DUE, _S.PAUSED, _S.ENDED},
        _S.ACTIVE: {_S.PAST_DUE, _S.PAUSED, _S.ENDED},
        _S.PAST_DUE: {_S.ACTIVE, _S.ENDED},
        _S.PAUSED: {_S.ACTIVE, _S.PAST_DUE, _S.ENDED},
    },
)
MOVED_BY_TIME = frozenset({_S.TRIALING, _S.ACTIVE, _S.PAST_DUE})
"""States that something is due in, always."""


class EndReason(StrEnum):
    """Why a subscription ended."""

    NONE = ""
    CANCELLED = "cancelled"  # at its end, or at once, as somebody wished
    UNPAID = "unpaid"  # the last try failed
    NEVER_PAID = "never_paid"  # the first payment did not come
    REFUNDED = "refunded"  # the whole of its current period went back
    REJECTED = "rejected"  # a review refused its first order


class InvoiceState(StrEnum):
    """How an invoice stands."""

    OPEN = "open"
    PAID = "paid"
    VOID = "void"


_I = InvoiceState

INVOICE: Machine[InvoiceState] = Machine(start=_I.OPEN, moves={_I.OPEN: {_I.PAID, _I.VOID}})


class InvoiceKind(StrEnum):
    """What an invoice is for."""

    START = "start"
    TRIAL = "trial"
    RENEWAL = "renewal"
    CHANGE = "change"


class MandateState(StrEnum):
    """How a buyer's permission to be charged stands."""

    OFFERED = "offered"  # the buyer agreed here; the channel has not said yet that it keeps the method
    ACTIVE = "active"
    SUSPENDED = "suspended"  # the bank has refused it for good, until the buyer shows another card
    ENDED = "ended"


_M = MandateState

MANDATE: Machine[MandateState] = Machine(
    start=_M.OFFERED,
    moves={
        _M.OFFERED: {_M.ACTIVE, _M.ENDED},
        _M.ACTIVE: {_M.SUSPENDED, _M.ENDED},
        _M.SUSPENDED: {_M.ACTIVE, _M.ENDED},
    },
)


class PriceChangeState(StrEnum):
    """What became of a change of price that was offered to a buyer."""

    OFFERED = "offered"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    LAPSED = "lapsed"  # nobody answered: a dearer price is not taken, and nothing changes


_C = PriceChangeState

PRICE_CHANGE: Machine[PriceChangeState] = Machine(
    start=_C.OFFERED, moves={_C.OFFERED: {_C.ACCEPTED, _C.DECLINED, _C.LAPSED}}
)


class RecurringKind(StrEnum):
    """Why recurring revenue moved: the parts of the bridge."""

    NEW = "new"
    EXPANSION = "expansion"
    CONTRACTION = "contraction"
    CHURN = "churn"
    REACTIVATION = "reactivation"


class CancelNow(StrEnum):
    """Whether a merchant lets buyers end at once, and what they get back then."""

    NO = "no"
    WITHOUT_REFUND = "without_refund"
    PRORATED = "prorated"
