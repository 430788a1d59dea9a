"""What the sale asks memberships, answered."""

from collections.abc import Sequence
from uuid import UUID

from kernel.money import Money
from merchants.models import Merchant
from merchants.plan_offers import PlanOffer
from merchants.services.catalogue import Quote
from payments.channels.news import MandateTold
from payments.memberships import Granted, Wish
from payments.models import Order, Payment
from payments.services.baskets import Asked, Basket
from payments.services.orders import Draft
from payments.services.receipts import Sale

from ..addresses import subscription_path
from ..models import Invoice
from ..states import SubscriptionState
from . import consenting, deliveries, mandates, starts


class Port:
    """The port of `payments.memberships`."""

    def quote(self, product_id: UUID, wish: Wish, quantity: int) -> Quote:
        """What the plan costs for its first period. Raises PlanUnavailable, BadQuantity."""
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

    def trial(self, basket: Basket) -> str:
        """Begin a trial. Gives the address of the subscription's page. Raises TrialUsed, ConsentMissing,
        TrialRefused, RiskRefused, or Invalid where it names codes.
        """
        return subscription_path(starts.trial(basket).token)

    def words(
        self, *, store_id: UUID, merchant_id: UUID, plan: PlanOffer, title: str, price: Money, language: str
    ) -> str:
        """What a buyer agrees to who lets a method be charged for this plan."""
        country = Merchant.objects.values_list("country", flat=True).get(pk=merchant_id)
        return consenting.shown(
            store_id=store_id,
            country=country,
            plan=plan,
            title=title,
            price=price,
            merchant_id=merchant_id,
            language=language,
        )

    def granted(self, order: Order) -> Granted:
        """What an order of a membership brought, for its buyer's page."""
        invoice = Invoice.objects.select_related("subscription").get(order=order)
        found = invoice.subscription
        renews = found.state in (SubscriptionState.ACTIVE, SubscriptionState.TRIALING)
        ends = invoice.period_ends or found.period_ends
        goes_on = renews and not (found.cancel_at_end or found.pause_at_end)
        return Granted(
            subscription_path(found.token),
            invoice.period_starts or invoice.paid_at,
            ends,
            found.period_ends if goes_on else None,
        )

    def keeps(self, payment: Payment) -> bool:
        """Whether the buyer who makes this payment has agreed that its method is kept."""
        return starts.keeps(payment)

    def told(self, account_id: UUID, said: MandateTold) -> None:
        """The channel has news of a mandate: it is asked about."""
        mandates.told(account_id, said)
