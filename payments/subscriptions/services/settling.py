"""Clearing the way: before anything about a subscription changes, what it still asks for is paid or ended.

No transaction is open. An order that stands is ended first, and the subscription is locked after it.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction

from kernel.actors import Actor
from payments.models import Order
from payments.services import expiry
from payments.states import PaymentState

from ..errors import BeingPaid, NotPossible
from ..models import Invoice, Subscription
from ..states import InvoiceState, SubscriptionState
from . import store


def clear(subscription: Subscription, *, actor: Actor, reason: str) -> None:
    """End the open invoice's order, if there is one. Raises BeingPaid where the channel does not say."""
    order_id = (
        Invoice.objects.filter(subscription=subscription, state=InvoiceState.OPEN, order__isnull=False)
        .values_list("order_id", flat=True)
        .first()
    )
    if order_id is None:
        return
    order = Order.objects.select_related("merchant").get(pk=order_id)
    if order.payment_state == PaymentState.PENDING:
        order = expiry.cancel(order, actor=actor, reason=reason)
    if order.payment_state in (PaymentState.PENDING, PaymentState.PROCESSING):
        raise BeingPaid


@contextmanager
def locked(subscription: Subscription, *states: SubscriptionState) -> Iterator[Subscription]:
    """The subscription, locked in a transaction of its own, which owes nothing and is in one of these states.

    Raises NotPossible, BeingPaid.
    """
    with transaction.atomic():
        row = store.lock_one(subscription.pk)
        if row.state not in states:
            raise NotPossible
        if Invoice.objects.filter(subscription=row, state=InvoiceState.OPEN).exists():
            raise BeingPaid
        yield row
