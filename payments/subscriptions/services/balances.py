"""Balances of subscriptions that are over: they go back through what the buyer paid, the newest first.

An invoice of one line takes off the balance what is refunded, in the transaction that sets the money aside.
What no payment can carry stays as the balance, and is tried again: where all of it was refunded or lies with
a bank, or where the merchant has no cover for it.
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from kernel import clock
from kernel.actors import SYSTEM
from kernel.money import Money
from ledger.errors import BalanceTooLow
from payments.models import Refund
from payments.services import refunds

from ..billing.proration import Line, LineKind, Terms
from ..models import Invoice, Subscription
from ..states import InvoiceKind, InvoiceState, SubscriptionState
from . import invoicing, store, worth
from .batch import Batch

_WHY = "balance"


def owed(limit: int) -> list[UUID]:
    """Subscriptions that are over and have a balance left, in no order: none keeps others waiting."""
    left = Subscription.objects.filter(state=SubscriptionState.ENDED, balance__gt=0)
    return list(left.order_by("?").values_list("pk", flat=True)[:limit])


def give_back(subscription_id: UUID) -> Money:
    """Give back as much of an ended one's balance as its payments can carry. Gives how much that was."""
    try:
        with transaction.atomic():
            amount, booked = _book(subscription_id)
    except BalanceTooLow:
        row = Subscription.objects.get(pk=subscription_id)
        return Money(0, row.currency)
    for refund in booked:
        refunds.send(refund)
    return amount


def _book(subscription_id: UUID) -> tuple[Money, list[Refund]]:
    found = Subscription.objects.get(pk=subscription_id)
    held = worth.locked(worth.shares(worth.all_payments(found), found.balance))
    row = store.lock_one(subscription_id)
    parts = worth.shares(held, row.balance) if row.state == SubscriptionState.ENDED else []
    amount = Money(sum(part for _, part in parts), row.currency)
    if parts:
        _write(row, amount.amount, clock.now(row.merchant))
    booked = [
        refunds.reserve(payment, Money(part, row.currency), reason=_WHY, actor=SYSTEM)
        for payment, part in parts
    ]
    return amount, booked


def take_credit(invoice: Invoice, at: datetime) -> None:
    """The whole of what was paid for this invoice goes back: what is left of its credit goes with it.

    A change gives credit for what was paid before it, and once that is refunded it is owed to nobody. The
    subscription is locked, and lives.
    """
    row = invoice.subscription
    amount = min(row.balance, invoice.total, _credit_of(invoice))
    if amount > 0:
        _write(row, amount, at)


def _credit_of(invoice: Invoice) -> int:
    """What the changes of its period put on the balance, as the one does that begins another."""
    later = Invoice.objects.filter(
        subscription=invoice.subscription_id, state=InvoiceState.PAID, number__gt=invoice.number
    )
    put = 0
    for each in later.order_by("number"):
        if each.kind == InvoiceKind.RENEWAL:
            break
        put -= each.balance_used
        if each.period is not None:
            break
    return put


def _write(row: Subscription, amount: int, at: datetime) -> None:
    batch = Batch()
    invoice, _ = invoicing.write(
        batch,
        row,
        InvoiceKind.CHANGE,
        [Line(LineKind.RETURNED, amount, at, at, row.quantity, row.unit_price)],
        terms=Terms(row.quantity, row.unit_price),
        version_id=row.version_id,
        period=None,
        times=None,
        number=invoicing.numbers([row.pk]).get(row.pk, 0) + 1,
        due=at,
        expires_at=at,
    )
    batch.settle(invoice, InvoiceState.PAID, at)
    batch.write()
