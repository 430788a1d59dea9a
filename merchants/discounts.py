"""What coupons take off a price: pure arithmetic on minor units. No Django.

Percentages come first, each of the whole subtotal, rounded half-up once; sums come after. At least one minor
unit stays to be paid, since nothing can be paid that is nothing: what comes last in the order gives way.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar
from uuid import UUID

from kernel.money import Money, Rate

from .states import CouponKind

MOST_STACKED = 3
"""Codes on one order."""

LEAST_TO_PAY = 1
"""Minor units that stay to be paid, whatever is taken off."""

Key = TypeVar("Key", UUID, str)


@dataclass(frozen=True, slots=True)
class Terms:
    """What a coupon promises. Sums are minor units of the order's currency, `percent` is per cent."""

    kind: CouponKind
    amount: int | None = None
    percent: Decimal | None = None
    cap: int | None = None
    minimum: int | None = None

    def __post_init__(self) -> None:
        if (self.percent is None) is (self.amount is None):
            raise ValueError("A coupon takes off a sum or a share.")

    @property
    def is_share(self) -> bool:
        """Whether it is a share of the price rather than a sum."""
        return self.percent is not None


def missing(terms: Terms, subtotal: Money) -> Money:
    """What is to be spent besides before the coupon counts; zero once it does."""
    return Money(max(0, (terms.minimum or 0) - subtotal.amount), subtotal.currency)


def discount(terms: Terms, subtotal: Money) -> Money:
    """What one coupon alone takes off. Nothing where its minimum is not reached."""
    return stack({"": terms}, subtotal)[""]


def stack(coupons: Mapping[Key, Terms], subtotal: Money) -> dict[Key, Money]:
    """What each of several coupons takes off together, in the order that the house applies them.

    In whatever order they are given, each gets the same. One for which nothing is left gets zero.
    """
    full = {key: _full(terms, subtotal) for key, terms in coupons.items()}
    applied = sorted(full, key=lambda key: (not coupons[key].is_share, -full[key], key))
    left = max(0, subtotal.amount - LEAST_TO_PAY)
    shares: dict[Key, Money] = {}
    for key in applied:
        taken = min(full[key], left)
        left -= taken
        shares[key] = Money(taken, subtotal.currency)
    return shares


def _full(terms: Terms, subtotal: Money) -> int:
    """Minor units that a coupon takes off by its own terms, whatever else is taken off."""
    if missing(terms, subtotal):
        return 0
    if terms.percent is None:
        return terms.amount or 0
    share = Rate(terms.percent / 100).of(subtotal).amount
    return share if terms.cap is None else min(share, terms.cap)
