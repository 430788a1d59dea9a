"""Sweeps: what workers do again and again besides renewals. One that fails keeps no other waiting."""

from collections.abc import Callable, Iterable
from uuid import UUID

import structlog
from django.db import DatabaseError

from kernel.actors import SYSTEM
from kernel.errors import Problem
from payments.models import Order
from payments.services import expiry
from payments.states import PaymentState

from ..models import Invoice
from ..states import InvoiceState, SubscriptionState
from . import balances, mandates

_log = structlog.get_logger(__name__)


def ask_mandates(limit: int) -> int:
    """Ask about the mandates that are due, at most `limit`. Gives how many were asked about."""
    return _each("mandate", mandates.claim_due(limit), mandates.ask)


def close_orders(limit: int) -> int:
    """End what still asks for money for subscriptions that are over."""
    left = Invoice.objects.filter(
        state=InvoiceState.OPEN,
        subscription__state=SubscriptionState.ENDED,
        order__payment_state=PaymentState.PENDING,
    )
    return _each("order", left.values_list("order_id", flat=True)[:limit], _close)


def give_back(limit: int) -> int:
    """Give back what is left of the balances of those that are over. Gives how many were looked at."""
    return _each("subscription", balances.owed(limit), balances.give_back)


def _close(order_id: UUID) -> None:
    order = Order.objects.select_related("merchant").get(pk=order_id)
    if order.payment_state == PaymentState.PENDING:
        expiry.cancel(order, actor=SYSTEM, reason="ended")


def _each(noun: str, keys: Iterable[UUID], do: Callable[[UUID], object]) -> int:
    done = 0
    for key in keys:
        try:
            do(key)
            done += 1
        except (DatabaseError, Problem):
            _log.exception("subscriptions.sweep_failed", noun=noun, id=str(key))
    return done
