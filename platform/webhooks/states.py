"""The states of endpoints and deliveries. No Django."""

from enum import StrEnum

from kernel.machine import Machine


class EndpointState(StrEnum):
    """A disabled endpoint is sent nothing and keeps its settings; a removed one is kept for its history."""

    ENABLED = "enabled"
    DISABLED = "disabled"
    REMOVED = "removed"


class OffReason(StrEnum):
    """Why an endpoint is off."""

    MERCHANT = "merchant"
    OPERATOR = "operator"
    GONE = "gone"  # it answered 410
    FAILING = "failing"  # nothing was accepted for days


class DeliveryState(StrEnum):
    """`DEAD` was given up, and can be sent again by hand."""

    PENDING = "pending"
    DELIVERED = "delivered"
    DEAD = "dead"


_E, _D = EndpointState, DeliveryState

ENDPOINT = Machine(
    start=_E.ENABLED,
    moves={
        _E.ENABLED: {_E.DISABLED, _E.REMOVED},
        _E.DISABLED: {_E.ENABLED, _E.REMOVED},
    },
)
# Backwards: sent again by hand. From dead to delivered: accepted while the endpoint was being switched off.
DELIVERY = Machine(
    start=_D.PENDING,
    moves={
        _D.PENDING: {_D.DELIVERED, _D.DEAD},
        _D.DEAD: {_D.PENDING, _D.DELIVERED},
        _D.DELIVERED: {_D.PENDING},
    },
)
