"""Holds: orders that are paid and wait for a person's look. Their keys stay reserved meanwhile."""

from django.db import transaction

import audit
import outbox
from kernel import clock
from kernel.actors import Actor
from merchants.services import stock

from .. import events
from ..errors import NotHeld
from ..models import Order, Payment, Refund
from ..states import Fulfilment, RefundKind, Use
from . import alerts, refunds
from .alerts import Matter


def release(order: Order, *, actor: Actor, reason: str) -> Order:
    """The order is as it should be: deliver it now. Raises NotHeld."""
    with transaction.atomic():
        locked = _lock(order)
        now = clock.now(locked.merchant)
        handed = stock.deliver([locked.pk], at=clock.now()).get(locked.pk, 0)
        whole = handed == locked.quantity
        if whole:
            locked.enter(Fulfilment.DELIVERED, field="fulfilment", delivered_at=now)
        else:
            locked.enter(Fulfilment.FAILED, field="fulfilment")
            alerts.tell(
                Matter.DELIVERY_FAILED,
                ("order", locked.pk),
                merchant_id=locked.merchant_id,
                book=locked.book,
                facts={"quantity": locked.quantity, "delivered": handed},
            )
        audit.record(
            actor, "order.released", ("order", locked.pk), merchant_id=locked.merchant_id, reason=reason
        )
        _tell(locked, events.ORDER_DELIVERED if whole else events.ORDER_DELIVERY_FAILED)
    return locked


def reject(order: Order, *, actor: Actor, reason: str) -> Refund:
    """The order must not be served: give the keys back and the money too. Raises NotHeld.

    The refund is forced: it does not ask whether the merchant has cover, and earns nobody a fee.
    """
    with transaction.atomic():
        locked = _lock(order)
        locked.enter(Fulfilment.REVOKED, field="fulfilment")
        stock.release([locked.pk])
        payment = refunds.lock(
            Payment.objects.values_list("pk", flat=True).get(order=locked, use=Use.APPLIED)
        )
        refund = refunds.set_aside(
            payment, payment.refundable, kind=RefundKind.REJECTED, reason=reason, actor=actor
        )
        audit.record(
            actor, "order.rejected", ("order", locked.pk), merchant_id=locked.merchant_id, reason=reason
        )
        _tell(locked, events.ORDER_REVOKED)
    return refunds.send(refund)


def _lock(order: Order) -> Order:
    locked = (
        Order.objects.select_for_update(no_key=True, of=("self",)).select_related("merchant").get(pk=order.pk)
    )
    if locked.fulfilment != Fulfilment.HELD:
        raise NotHeld
    return locked


def _tell(order: Order, topic: str) -> None:
    facts = {"fulfilment": order.fulfilment, "quantity": order.quantity}
    outbox.emit([events.of_order(topic, order.pk, order.merchant_id, order.book, **facts)])
