"""Holds: orders that are paid and wait for a person's look. Their keys stay reserved meanwhile."""

from collections.abc import Callable

from django.db import transaction

import audit
import outbox
from kernel import clock
from kernel.actors import Actor, ActorKind
from merchants.services import stock
from risk.errors import NotInReview
from risk.models import Decision
from risk.services import reviews
from risk.states import Review

from .. import events, memberships
from ..errors import NotHeld
from ..models import Order, Payment, Refund
from ..states import Fulfilment, PaymentState, RefundKind, Use
from . import alerts, expiry, refunds
from .alerts import Matter


def release(order: Order, *, actor: Actor, reason: str) -> Order:
    """The order is as it should be: deliver it now. Raises NotHeld."""
    with transaction.atomic():
        locked = _lock(order)
        now = clock.now(locked.merchant)
        handed = _hand_over(locked)
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
        _end_review(locked, reviews.release, actor, reason)
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
        if locked.subscription_id is not None:
            memberships.port().take_back(locked)
        payment = refunds.lock(
            Payment.objects.values_list("pk", flat=True).get(order=locked, use=Use.APPLIED)
        )
        refund = refunds.set_aside(
            payment, payment.refundable, kind=RefundKind.REJECTED, reason=reason, actor=actor
        )
        _end_review(locked, reviews.reject, actor, reason)
        audit.record(
            actor, "order.rejected", ("order", locked.pk), merchant_id=locked.merchant_id, reason=reason
        )
        _tell(locked, events.ORDER_REVOKED)
    return refunds.send(refund)


def settle(order: Order) -> None:
    """Do to an order what a person has decided about its review, if anybody has: once, however often asked.

    Where the decision came before the money, a release lets the order pass and a rejection ends it.
    """
    decision = Decision.objects.filter(pk=order.decision_id).first() if order.decision_id else None
    if decision is None or decision.review not in (Review.RELEASED, Review.REJECTED):
        return
    actor, released = Actor(ActorKind.OPERATOR, decision.reviewed_by), decision.review == Review.RELEASED
    if order.fulfilment == Fulfilment.HELD:
        (release if released else reject)(order, actor=actor, reason="review")
    elif order.payment_state == PaymentState.PENDING and released:
        Order.objects.filter(pk=order.pk, payment_state=PaymentState.PENDING).update(review=False)
    elif order.payment_state == PaymentState.PENDING:
        expiry.cancel(order, actor=actor, reason="review")


def _hand_over(order: Order) -> int:
    """How much of its quantity could be handed over."""
    if order.subscription_id is not None:
        return order.quantity if memberships.port().release(order) else 0
    return stock.deliver([order.pk], at=clock.now()).get(order.pk, 0)


def _end_review(order: Order, end: Callable[..., object], actor: Actor, reason: str) -> None:
    """Risk hears of what was decided here, where it had asked."""
    if order.decision_id is None:
        return
    try:
        end(order.decision_id, actor=actor, reason=reason)
    except NotInReview:
        return


def _lock(order: Order) -> Order:
    locked = (
        Order.objects.select_for_update(no_key=True, of=("self",)).select_related("merchant").get(pk=order.pk)
    )
    if locked.fulfilment != Fulfilment.HELD:
        raise NotHeld
    return locked


def _tell(order: Order, topic: str) -> None:
    facts = {
        "fulfilment": order.fulfilment,
        "quantity": order.quantity,
        "amount": order.total,
        "currency": order.currency,
        "discount": order.discount,
    }
    outbox.emit([events.of_order(topic, order.pk, order.merchant_id, order.book, **facts)])
