"""The port by which the sale reaches memberships: bound by the app above, so that nothing here imports it.

All but `terms` run in the caller's transaction, which has locked the orders that it names.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

from kernel.errors import NotFound

if TYPE_CHECKING:
    from datetime import datetime

    from .channels.base import MandateSaid, MandateTold
    from .models import Order, Payment
    from .services.baskets import Asked
    from .services.orders import Draft
    from .services.receipts import Sale


@dataclass(frozen=True, slots=True)
class ChargeTerms:
    """How a payment is made: `keep` the buyer's method as well, or charge a `mandate`, by its handle."""

    keep: bool = False
    mandate: str = ""


PLAIN = ChargeTerms()


class Memberships(Protocol):
    """What the sale asks for."""

    def begin(self, asked: Asked, draft: Draft) -> UUID:
        """Write the subscription that an order starts. Gives its id; the order is written next."""

    def deliver(self, sales: Sequence[Sale], now: datetime) -> None:
        """Grant what was paid for, and say in each sale how it was fulfilled."""

    def release(self, order: Order) -> bool:
        """The same for one order that a person has let pass. Whether it could be."""

    def end(self, order_ids: Sequence[UUID]) -> None:
        """These orders ended unpaid."""

    def take_back(self, order: Order) -> None:
        """The whole of this order went back, or it was refused after it was paid."""

    def terms(self, payment: Payment) -> ChargeTerms:
        """How a payment is to be made."""

    def kept(self, payment: Payment, said: MandateSaid) -> None:
        """The channel has kept the method by which this payment was made."""

    def told(self, account_id: UUID, said: MandateTold) -> None:
        """The channel has news of a mandate: it is asked about."""


_bound: list[Memberships] = []


def bind(memberships: Memberships) -> None:
    """Have memberships answer from now on."""
    _bound[:] = [memberships]


def port() -> Memberships:
    """Who answers. Raises NotFound where memberships are not part of this installation."""
    if not _bound:
        raise NotFound
    return _bound[0]
