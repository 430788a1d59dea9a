"""What the sale asks memberships, answered."""

from collections.abc import Sequence
from uuid import UUID

from merchants.services.catalogue import Quote
from payments.channels.base import MandateTold
from payments.memberships import Wish
from payments.models import Order, Payment
from payments.services.baskets import Asked
from payments.services.orders import Draft
from payments.services.receipts import Sale

from . import deliveries, mandates, starts


class Port:
    """The port of `payments.memberships`."""

    def quote(self, product_id: UUID, wish: Wish, quantity: int) -> Quote:
        """What the plan costs for its first period. Raises PlanUnavailable."""
        return starts.quote(product_id, wish, quantity)

    def begin(self, asked: Asked, draft: Draft) -> None:
        """Write the subscription that an order, which has just been written, starts."""
        starts.begin(asked, draft)

    def deliver(self, sales: Sequence[Sale]) -> None:
        """Grant what was paid for, and say in each sale how it was fulfilled."""
        deliveries.deliver(sales)

    def release(self, order: Order) -> bool:
        """The same for one order that a person has let pass. Whether it could be."""
        return deliveries.release(order)

    def end(self, order_ids: Sequence[UUID]) -> None:
        """These orders ended unpaid."""
        deliveries.end_unpaid(order_ids)

    def take_back(self, order: Order) -> None:
        """The whole of this order went back, or it was refused after it was paid."""
        deliveries.take_back(order)

    def keeps(self, payment: Payment) -> bool:
        """Whether the buyer who makes this payment has agreed that its method is kept."""
        return starts.keeps(payment)

    def told(self, account_id: UUID, said: MandateTold) -> None:
        """The channel has news of a mandate: it is asked about."""
        mandates.told(account_id, said)
