"""Surplus: money that came besides an order, and goes back by itself."""

from uuid import UUID

from kernel.actors import SYSTEM, Actor

from ..models import Payment, Refund
from ..states import RefundKind
from . import refunds


def send_back(payment_id: UUID, *, actor: Actor = SYSTEM) -> Refund:
    """Set the whole of a surplus payment aside for its buyer, in the caller's transaction.

    The sweep of refunds sends it: nobody waits for that here.
    """
    payment = refunds.lock(payment_id)
    return refunds.set_aside(
        payment, payment.refundable, kind=RefundKind.SURPLUS, reason="surplus", actor=actor
    )


def surplus_of(order_id: UUID) -> list[Payment]:
    """The payments of an order that came besides, oldest first."""
    return list(Payment.objects.filter(order_id=order_id, use="surplus").order_by("ordinal"))
