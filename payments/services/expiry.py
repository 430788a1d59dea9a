"""Expiry: query, close at the channel, and only then give the keys back."""

from uuid import UUID

from django.db import transaction

import audit
import outbox
from kernel import clock
from kernel.actors import SYSTEM, Actor
from kernel.crash import crash_point
from merchants.services import stock

from .. import events, limits, sql
from ..errors import NotPayable
from ..models import Order, Payment
from ..states import OPEN_ATTEMPTS, PaymentState
from . import queries

# Live orders by the wall clock; a twin's by its own clock, which runs ahead.
_DUE_LIVE = """
SELECT id FROM payments_order WHERE payment_state = 'pending' AND book = 'live' AND expires_at <= %s
ORDER BY expires_at LIMIT %s
"""
_DUE_SANDBOX = """
SELECT o.id FROM payments_order o JOIN merchants_merchant m ON m.id = o.merchant_id
WHERE o.payment_state = 'pending' AND o.book = 'sandbox' AND o.expires_at <= %s + m.clock_ahead
ORDER BY o.expires_at LIMIT %s
"""


def due(limit: int) -> list[UUID]:
    """Unpaid orders whose time is up, the longest overdue first."""
    now = clock.now()
    found = [*sql.rows(_DUE_LIVE, [now, limit]), *sql.rows(_DUE_SANDBOX, [now, limit])]
    return [order_id for (order_id,) in found]


def expire(order_id: UUID) -> Order:
    """End an unpaid order whose time is up. It stays open while a channel does not say how it stands there."""
    order = Order.objects.select_related("merchant").get(pk=order_id)
    if order.payment_state != PaymentState.PENDING or order.expires_at > clock.now(order.merchant):
        return order
    return _end(order, PaymentState.EXPIRED, SYSTEM, reason="")


def cancel(order: Order, *, actor: Actor, reason: str = "") -> Order:
    """End an unpaid order before its time. Gives it as it then is: paid, where the money was faster.

    Raises NotPayable for an order that does not wait for money.
    """
    if order.payment_state != PaymentState.PENDING:
        raise NotPayable(state=order.payment_state)
    return _end(order, PaymentState.CANCELLED, actor, reason=reason)


def extend(order: Order) -> Order:
    """Give the buyer more time, a bounded number of times. Raises NotPayable.

    The open attempt keeps its own end at the channel; the page opens a new one when the buyer needs it.
    """
    with transaction.atomic():
        locked = Order.objects.select_for_update(no_key=True).get(pk=order.pk)
        if (
            locked.payment_state != PaymentState.PENDING
            or locked.expires_at <= clock.now(order.merchant)
            or locked.extensions >= limits.MAX_EXTENSIONS
        ):
            raise NotPayable(state=locked.payment_state)
        until = locked.expires_at + limits.EXTENSION
        stock.extend(locked.pk, until)
        Order.objects.filter(pk=locked.pk).update(expires_at=until, extensions=locked.extensions + 1)
        facts = {"extensions": locked.extensions + 1}
        outbox.emit(
            [events.of_order(events.ORDER_EXTENDED, locked.pk, locked.merchant_id, locked.book, **facts)]
        )
    order.refresh_from_db()
    return order


def _end(order: Order, target: PaymentState, actor: Actor, *, reason: str) -> Order:
    for payment in Payment.objects.filter(order=order, state__in=OPEN_ATTEMPTS).order_by("ordinal"):
        payment.order = order
        queries.finish(payment)
        crash_point("expire.after_close")
    with transaction.atomic():
        locked = (
            Order.objects.select_for_update(no_key=True, of=("self",))
            .select_related("merchant")
            .get(pk=order.pk)
        )
        still_open = Payment.objects.filter(order=locked, state__in=OPEN_ATTEMPTS).exists()
        if locked.payment_state == PaymentState.PENDING and not still_open:
            _release(locked, target, actor, reason=reason)
    return locked


def _release(order: Order, target: PaymentState, actor: Actor, *, reason: str) -> None:
    order.enter(target, field="payment_state", closed_at=clock.now(order.merchant))
    stock.release([order.pk])
    topic = events.ORDER_EXPIRED if target is PaymentState.EXPIRED else events.ORDER_CANCELLED
    audit.record(actor, topic, ("order", order.pk), merchant_id=order.merchant_id, reason=reason)
    outbox.emit([events.of_order(topic, order.pk, order.merchant_id, order.book)])
