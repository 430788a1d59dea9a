"""Orders that a subscription asks for by itself, and their payments by mandate: many in one statement.

All of it runs in the caller's transaction, which holds the subscriptions; no order that stands is touched.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import audit
import outbox
import vault
from kernel import clock, ids
from kernel.actors import SYSTEM

from .. import events
from ..models import Order, Payment
from ..states import AttemptState
from ..tokens import new_number, new_token
from .baskets import CONTACT
from .schedule import next_question


@dataclass(frozen=True, slots=True)
class Ask:
    """Who is asked, for what. `form_key` is the invoice's: an invoice has one order."""

    subscription_id: UUID
    form_key: UUID
    merchant_id: UUID
    book: str
    store_id: UUID
    product_id: UUID
    title: str
    quantity: int
    unit_price: int
    total: int
    currency: str
    contact: str
    contact_key: bytes
    buyer_key: bytes
    address_key: bytes
    language: str
    device: str
    now: datetime  # on the merchant's clock
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Kept:
    """The permission by which an order is paid."""

    mandate_id: UUID
    account_id: UUID
    method: str
    handle: str


def order_of(ask: Ask) -> Order:
    """The order, not written yet. Where the total is not price by quantity, its invoice says why."""
    quantity, unit_price = ask.quantity, ask.unit_price
    if quantity * unit_price != ask.total:
        quantity, unit_price = 1, ask.total
    order_id = ids.new()
    return Order(
        id=order_id,
        merchant_id=ask.merchant_id,
        book=ask.book,
        store_id=ask.store_id,
        product_id=ask.product_id,
        subscription_id=ask.subscription_id,
        number=new_number(ask.now),
        token=new_token(),
        form_key=ask.form_key,
        title=ask.title,
        quantity=quantity,
        unit_price=unit_price,
        total=ask.total,
        currency=ask.currency,
        contact=vault.seal(ask.merchant_id, ask.contact, context=CONTACT, row=order_id),
        contact_key=ask.contact_key,
        buyer_key=ask.buyer_key,
        address_key=ask.address_key,
        language=ask.language,
        device=ask.device,
        placed_at=ask.now,
        expires_at=ask.expires_at,
    )


def by_mandate(order: Order, kept: Kept, *, ordinal: int, now: datetime, lease: timedelta) -> Payment:
    """The intent to charge an order by mandate, not written yet. `now` is on the merchant's clock.

    Until the channel has named it, it goes by the mandate's handle. Whoever writes it charges it; where they
    do not come to it within `lease`, the channel is asked.
    """
    payment = Payment(
        order_id=order.pk,
        ordinal=ordinal,
        merchant_id=order.merchant_id,
        book=order.book,
        account_id=kept.account_id,
        method=kept.method,
        mandate_id=kept.mandate_id,
        notify_token=new_token(),
        amount=order.total,
        currency=order.currency,
        state=AttemptState.CREATED,
        handle=kept.handle,
        created_at=now,
        expires_at=order.expires_at,
        next_query_at=next_question(clock.now() + lease, asked=0, waits_for_buyer=True),
    )
    payment.order = order
    return payment


def place(orders: Sequence[Order], payments: Sequence[Payment]) -> None:
    """Write orders and intents, with what is told of them."""
    Order.objects.bulk_create(orders)
    Payment.objects.bulk_create(payments)
    if not orders:
        return
    payment_of = {payment.order_id: payment for payment in payments}
    facts = {order.pk: _facts(order, payment_of.get(order.pk)) for order in orders}
    audit.record_many(
        [
            audit.Row(
                SYSTEM,
                events.ORDER_PLACED,
                ("order", order.pk),
                merchant_id=order.merchant_id,
                facts=facts[order.pk],
            )
            for order in orders
        ]
    )
    outbox.emit(
        [
            events.of_order(events.ORDER_PLACED, order.pk, order.merchant_id, order.book, **facts[order.pk])
            for order in orders
        ]
    )


def _facts(order: Order, payment: Payment | None) -> dict[str, object]:
    return {
        "payment": payment.reference if payment else None,
        "product": ids.encode("prd", order.product_id),
        "quantity": order.quantity,
        "amount": order.total,
        "currency": order.currency,
        "method": payment.method if payment else None,
        "discount": 0,
    }
