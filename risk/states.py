"""Words of risk: outcomes, what is counted, what stands on lists, and how a review moves."""

from enum import StrEnum

from kernel.machine import Machine


class Outcome(StrEnum):
    """What may happen to the order. `REVIEW`: it may be paid, and a person looks before it is delivered."""

    ALLOW = "allow"
    REVIEW = "review"
    BLOCK = "block"


class Dimension(StrEnum):
    """What a limit counts orders by."""

    ADDRESS = "address"
    EMAIL = "email"
    DEVICE = "device"
    PRODUCT = "product"
    STORE = "store"


class Kind(StrEnum):
    """What stands on a list."""

    ADDRESS = "address"
    EMAIL = "email"
    EMAIL_DOMAIN = "email_domain"
    DEVICE = "device"


class Disposition(StrEnum):
    """What an entry does: `BLOCK` refuses the order, `ALLOW` exempts it from the limits."""

    BLOCK = "block"
    ALLOW = "allow"


class Review(StrEnum):
    """How a decision's review stands; `NONE` where none was asked for."""

    NONE = "none"
    PENDING = "pending"
    RELEASED = "released"
    REJECTED = "rejected"


REVIEW = Machine(start=Review.PENDING, moves={Review.PENDING: {Review.RELEASED, Review.REJECTED}})
