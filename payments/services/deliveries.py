"""Deliveries: showing the keys to who holds the order's link, and mailing that they are there."""

from django.db import transaction

import audit
from kernel import clock
from kernel.actors import Actor
from merchants.services import stock

from .. import withholding
from ..errors import KeysWithheld, NotDelivered
from ..models import Order
from ..states import Fulfilment


def reveal(order: Order, *, actor: Actor, reason: str = "") -> list[str]:
    """The keys of a delivered order, in their order. Every look is recorded, the buyer's first with its time.

    Raises NotDelivered; to the buyer KeysWithheld. Who may look is decided by who calls: the holder of the
    order's token, or a member with the permission and a reason.
    """
    if order.fulfilment != Fulfilment.DELIVERED or order.subscription_id is not None:
        raise NotDelivered
    with transaction.atomic():
        if actor.kind == "buyer":
            # A refund and a dispute lock the order too: whoever comes second sees what the first has done.
            locked = Order.objects.select_for_update(no_key=True).get(pk=order.pk)
            if withholding.is_withheld(locked):
                raise KeysWithheld
            Order.objects.filter(pk=order.pk, revealed_at=None).update(revealed_at=clock.now(order.merchant))
        audit.record(
            actor,
            "order.revealed",
            ("order", order.pk),
            merchant_id=order.merchant_id,
            reason=reason,
            facts={"quantity": order.quantity},
        )
    return stock.reveal(order.pk, merchant_id=order.merchant_id)
