"""Paid orders become periods: in the transaction that confirms the money, many at once.

The orders and their payments are locked; the subscriptions and invoices are locked here, in that order.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from kernel import clock
from payments.models import Order, Payment
from payments.services import accounts, receipts
from payments.services.receipts import Sale
from payments.services.verdicts import Standing
from payments.states import Fulfilment

from .. import events
from ..models import Invoice, Subscription
from ..states import EndReason, InvoiceKind, InvoiceState, SubscriptionState
from . import balances, keeping, lives, policies, refusals, store, worth
from .batch import Batch
from .policies import Rules

_S = SubscriptionState


def deliver(sales: Sequence[Sale]) -> None:
    """Grant what these orders paid for, and say of each how it went. What a person looks at first, waits.

    Money for a subscription that has ended meanwhile is turned away.
    """
    passing = [sale for sale in sales if not sale.standing.review]
    for sale in sales:
        if sale.standing.review:
            sale.fulfilment = Fulfilment.HELD
    granted = _grant({sale.standing.order_id: sale.receipt.occurred_at for sale in passing})
    _ask_about([sale.standing for sale in passing])
    for sale in passing:
        if sale.standing.order_id in granted:
            sale.fulfilment, sale.delivered = Fulfilment.DELIVERED, sale.standing.quantity
        else:
            receipts.turn_away(sale)


def _ask_about(standings: Sequence[Standing]) -> None:
    """Who paid with a method that may be kept: the channel is asked for it."""
    kept = [
        at.payment_id for at in standings if (method := accounts.method_named(at.method)) and method.keeps
    ]
    if kept:
        keeping.ask_about(Payment.objects.select_related("order").filter(pk__in=kept))


def release(order: Order) -> bool:
    """Grant what one order paid for that a person has looked at. Whether it could be."""
    return bool(_grant({order.pk: clock.now(order.merchant)}))


def _grant(paid_at: dict[UUID, datetime]) -> set[UUID]:
    batch = Batch()
    invoices = locked_invoices(paid_at)
    rules = policies.of_many({invoice.merchant_id for invoice in invoices})
    granted: set[UUID] = set()
    for invoice in invoices:
        if (
            invoice.order_id is None
            or invoice.state != InvoiceState.OPEN
            or invoice.subscription.state == _S.ENDED
        ):
            continue
        apply(batch, invoice, paid_at[invoice.order_id], rules[invoice.merchant_id])
        granted.add(invoice.order_id)
    batch.write()
    return granted


def locked_invoices(order_ids: Collection[UUID]) -> list[Invoice]:
    """The invoices of these orders, locked after their subscriptions; each has its locked one."""
    found = Invoice.objects.filter(order_id__in=list(order_ids))
    subscriptions = store.lock(found.values_list("subscription_id", flat=True))
    invoices = list(found.select_for_update(no_key=True).order_by("pk"))
    for invoice in invoices:
        invoice.subscription = subscriptions[invoice.subscription_id]
    return invoices


def apply(batch: Batch, invoice: Invoice, at: datetime, rules: Rules) -> None:
    """An invoice is paid: its subscription lives on by it, and is granted its period."""
    subscription = invoice.subscription
    was, quantity = subscription.state, subscription.quantity
    lives.pay(subscription, invoice, at, rules)
    if invoice.period is None:
        subscription.period_value += worth.gone_back(subscription)  # what went back before was counted
    batch.settle(invoice, InvoiceState.PAID, at)
    batch.keep(subscription)
    batch.revalue(subscription, at)
    if invoice.period is not None:
        if invoice.kind == InvoiceKind.CHANGE:
            batch.cut_short(subscription, at)
        batch.grant(invoice)
    if subscription.quantity != quantity and subscription.entitlement_id is not None:
        batch.sizes.append((subscription.entitlement_id, subscription.quantity))
    _tell(batch, subscription, invoice, was)


_PAID_TOPICS = {
    InvoiceKind.START: events.STARTED,
    InvoiceKind.TRIAL: events.TRIAL_STARTED,
    InvoiceKind.RENEWAL: events.RENEWED,
    InvoiceKind.CHANGE: events.CHANGED,
}


def _tell(batch: Batch, subscription: Subscription, invoice: Invoice, was: str) -> None:
    topic = _PAID_TOPICS[InvoiceKind(invoice.kind)]
    if topic != events.TRIAL_STARTED:
        batch.tell(topic, subscription, order=events.order_name(invoice.order_id))
    else:
        batch.tell(topic, subscription)
    if was == _S.PAST_DUE:
        batch.tell(events.RECOVERED, subscription)
    elif was == _S.PAUSED:
        batch.tell(events.RESUMED, subscription)


def end_unpaid(order_ids: Sequence[UUID]) -> None:
    """These orders will not be paid: their invoices are void, and who never paid is gone."""
    batch = Batch()
    refused = refusals.of_orders(order_ids)
    for invoice in locked_invoices(order_ids):
        if invoice.state != InvoiceState.OPEN:
            continue
        subscription = invoice.subscription
        at = clock.now(subscription.merchant)
        batch.settle(invoice, InvoiceState.VOID, at)
        # An answer that came late may not have been heeded yet: the next order must not ask the same card.
        refusals.suspend(batch, subscription, refused.get(invoice.order_id or invoice.pk, ""))
        if subscription.state == _S.INCOMPLETE:
            batch.end(subscription, EndReason.NEVER_PAID, at)
    batch.write()


def take_back(order: Order) -> None:
    """The whole of an order went back, or was refused: the period that it paid is over."""
    batch = Batch()
    for invoice in locked_invoices([order.pk]):
        subscription = invoice.subscription
        at = clock.now(subscription.merchant)
        was_paid = invoice.state == InvoiceState.PAID
        if was_paid and subscription.state != _S.ENDED:
            balances.take_credit(invoice, at)
        if was_paid and invoice.period is not None:
            batch.cuts.append((invoice.pk, at))
        elif invoice.state == InvoiceState.OPEN:
            batch.settle(invoice, InvoiceState.VOID, at)
        # A change within a period paid for none; one that was refused leaves what it was to change.
        is_current = invoice.period == subscription.period
        ends = is_current if was_paid else invoice.kind != InvoiceKind.CHANGE
        if ends and subscription.state != _S.ENDED:
            reason = EndReason.REFUNDED if was_paid else EndReason.REJECTED
            batch.end(subscription, reason, at)
    batch.write()
