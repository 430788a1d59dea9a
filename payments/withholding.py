"""Keys that nobody has looked at stay with the shop once their money is gone."""

from django.db.models import Sum

from .models import Dispute, Order, Refund
from .models.dispute import MONEY_TAKEN
from .states import Fulfilment, RefundKind, RefundState


def is_withheld(order: Order) -> bool:
    """Whether the buyer may not look at the keys of a delivered order any more.

    Nobody has yet, and all that was paid for them went back or is on its way, or the buyer's bank has taken
    it. Who has seen them may see them again.
    """
    if order.fulfilment != Fulfilment.DELIVERED or order.revealed_at is not None:
        return False
    back = (
        Refund.objects.filter(order=order).exclude(state=RefundState.FAILED).exclude(kind=RefundKind.SURPLUS)
    )
    amount = back.aggregate(amount=Sum("amount"))["amount"] or 0
    return 0 < order.total <= amount or Dispute.objects.filter(MONEY_TAKEN, order=order).exists()
