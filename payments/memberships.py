"""The port by which the sale reaches memberships: bound by the app above, so that nothing here imports it.

All but `quote` and `keeps` run in the caller's transaction, which has locked the orders that it names.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

from kernel.errors import NotFound, said

if TYPE_CHECKING:
    from kernel.money import Money
    from merchants.plan_offers import PlanOffer
    from merchants.services.catalogue import Quote

    from .channels.news import MandateTold
    from .models import Order, Payment
    from .services.baskets import Asked, Basket
    from .services.orders import Draft
    from .services.receipts import Sale

TRIAL_TAKES_NO_CODE = said(
    "A code is for a payment, and a trial has none. Begin without the trial to use it now, or leave it out."
)


@dataclass(frozen=True, slots=True)
class Wish:
    """The plan that a basket is for. `consents`: the buyer agreed to be charged again by the same method."""

    version_id: UUID
    currency: str
    consents: bool = False


@dataclass(frozen=True, slots=True)
class Granted:
    """What an order of a membership brought. `url`: the subscription's page; times: null until it is paid."""

    url: str
    starts: datetime | None
    ends: datetime | None
    renews_at: datetime | None  # null: it does not renew by itself, or not any more


class Memberships(Protocol):
    """What the sale asks for."""

    def quote(self, product_id: UUID, wish: Wish, quantity: int) -> Quote:
        """What the plan costs for its first period. Raises PlanUnavailable, BadQuantity."""

    def begin(self, asked: Asked, draft: Draft) -> None:
        """Write the subscription that an order, which has just been written, starts."""

    def deliver(self, sales: Sequence[Sale]) -> None:
        """Grant what was paid for, and say in each sale how it was fulfilled."""

    def release(self, order: Order) -> bool:
        """The same for one order that a person has let pass. Whether it could be."""

    def end(self, order_ids: Sequence[UUID]) -> None:
        """These orders ended unpaid."""

    def take_back(self, order: Order) -> None:
        """The whole of this order went back, or it was refused after it was paid."""

    def trial(self, basket: Basket) -> str:
        """Begin a trial. Gives the address of the subscription's page. Raises TrialUsed, ConsentMissing,
        TrialRefused, RiskRefused, or Invalid where it names codes.
        """

    def words(
        self, *, store_id: UUID, merchant_id: UUID, plan: PlanOffer, title: str, price: Money, language: str
    ) -> str:
        """What a buyer agrees to who lets a method be charged for this plan."""

    def granted(self, order: Order) -> Granted:
        """What an order of a membership brought, for its buyer's page."""

    def keeps(self, payment: Payment) -> bool:
        """Whether the buyer who makes this payment has agreed that its method is kept."""

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


def end(order_ids: Sequence[UUID]) -> None:
    """Tell memberships of orders of theirs that ended unpaid, if there are any."""
    if order_ids:
        port().end(order_ids)
