"""Expiry: query, close at the channel, and only then give the keys back."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Min

import audit
import outbox
from kernel import clock
from kernel.actors import SYSTEM, Actor
from kernel.books import Book
from merchants.models import Merchant
from merchants.services import stock

from .. import events, limits, memberships, sql
from ..errors import NoMoreTime, NotPayable
from ..models import Order, Payment
from ..states import OPEN_ATTEMPTS, PaymentState
from . import codes, queries

_END_OF_TIME = datetime(9999, 1, 1, tzinfo=UTC)
# Live orders by the wall clock; a twin's by its own clock, which runs ahead. One with an open payment waits:
# the questions to its channel close that first. Who opens a payment locks the order and sees that it is over.
_EXPIRE = sql.Statement("""
WITH over AS (
    SELECT o.id, %(now)s + m.clock_ahead AS closed_at
    FROM payments_order o JOIN merchants_merchant m ON m.id = o.merchant_id
    WHERE o.payment_state = 'pending' AND o.book = %(book)s AND o.expires_at <= %(latest)s
        AND o.expires_at <= %(now)s + m.clock_ahead
        AND NOT EXISTS (SELECT FROM payments_payment p WHERE p.order_id = o.id AND p.state = ANY(%(open)s))
    ORDER BY o.expires_at LIMIT %(limit)s FOR NO KEY UPDATE OF o SKIP LOCKED
)
UPDATE payments_order o SET payment_state = 'expired', closed_at = over.closed_at
FROM over WHERE o.id = over.id RETURNING o.id, o.merchant_id, o.book, o.discount, o.subscription_id
""")


def sweep(limit: int) -> int:
    """End at most `limit` unpaid orders whose time is up and whose payments are closed. Gives how many."""
    now = clock.now()
    done = 0
    for book, latest in ((Book.LIVE, now), (Book.SANDBOX, _END_OF_TIME)):
        values = {"now": now, "book": book, "latest": latest, "open": sorted(OPEN_ATTEMPTS), "limit": limit}
        with transaction.atomic():
            ended = _EXPIRE.rows(values)
            if ended:
                stock.release([order_id for order_id, *_ in ended])
                memberships.end([order_id for order_id, *_, subscription in ended if subscription])
                codes.give_back([(order_id, discount) for order_id, _, _, discount, _ in ended], now)
                _tell_expired(ended)
        done += len(ended)
    return done


def _tell_expired(ended: Sequence[tuple[UUID, UUID, str, int, UUID | None]]) -> None:
    topic = events.ORDER_EXPIRED
    audit.record_many(
        [audit.Row(SYSTEM, topic, ("order", order_id), merchant_id=owner) for order_id, owner, *_ in ended]
    )
    outbox.emit([events.of_order(topic, *row[:3]) for row in ended])


def next_end(merchant: Merchant) -> datetime | None:
    """When the next unpaid order of a merchant runs out, by the merchant's clock."""
    waiting = Order.objects.filter(merchant=merchant, payment_state=PaymentState.PENDING)
    found: datetime | None = waiting.filter(expires_at__gt=clock.now(merchant)).aggregate(
        end=Min("expires_at")
    )["end"]
    return found


def cancel(order: Order, *, actor: Actor, reason: str = "") -> Order:
    """End an unpaid order before its time. Gives it as it then is: paid, where the money was faster.

    Raises NotPayable for an order that does not wait for money.
    """
    if order.payment_state != PaymentState.PENDING:
        raise NotPayable(state=order.payment_state)
    for payment in Payment.objects.filter(order=order, state__in=OPEN_ATTEMPTS).order_by("ordinal"):
        payment.order = order
        queries.finish(payment)
    with transaction.atomic():
        locked = (
            Order.objects.select_for_update(no_key=True, of=("self",))
            .select_related("merchant")
            .get(pk=order.pk)
        )
        still_open = Payment.objects.filter(order=locked, state__in=OPEN_ATTEMPTS).exists()
        if locked.payment_state == PaymentState.PENDING and not still_open:
            _cancel(locked, actor, reason=reason)
    return locked


def extend(order: Order, *, known: datetime | None = None) -> Order:
    """Give the buyer more time, a bounded number of times. Raises NotPayable, NoMoreTime.

    `known` is the end that the buyer saw: where it has moved since, as by a first tap, nothing is done again.
    Refused where the shelf does not hold as many keys for others. The open attempt keeps its own end at the
    channel; the page opens a new one when the buyer needs it.
    """
    with transaction.atomic():
        locked = Order.objects.select_for_update(no_key=True).get(pk=order.pk)
        if locked.payment_state != PaymentState.PENDING or locked.expires_at <= clock.now(order.merchant):
            raise NotPayable(state=locked.payment_state)
        if known is not None and known != locked.expires_at:
            return locked
        if locked.extensions >= limits.MAX_EXTENSIONS or not stock.has_free(
            locked.product_id, locked.quantity
        ):
            raise NoMoreTime
        until = locked.expires_at + limits.EXTENSION
        stock.extend(locked.pk, until)
        Order.objects.filter(pk=locked.pk).update(expires_at=until, extensions=locked.extensions + 1)
        facts = {"extensions": locked.extensions + 1}
        outbox.emit(
            [events.of_order(events.ORDER_EXTENDED, locked.pk, locked.merchant_id, locked.book, **facts)]
        )
    order.refresh_from_db()
    return order


def _cancel(order: Order, actor: Actor, *, reason: str) -> None:
    order.enter(PaymentState.CANCELLED, field="payment_state", closed_at=clock.now(order.merchant))
    stock.release([order.pk])
    memberships.end([order.pk] if order.subscription_id else [])
    codes.give_back([(order.pk, order.discount)], clock.now(order.merchant))
    topic = events.ORDER_CANCELLED
    audit.record(actor, topic, ("order", order.pk), merchant_id=order.merchant_id, reason=reason)
    outbox.emit([events.of_order(topic, order.pk, order.merchant_id, order.book)])
