"""Tries: a kept method is charged for an order that stands, by the schedule or by hand; one at a time."""

from datetime import timedelta

from django.db import transaction
from django.db.models import Max

import audit
from kernel import clock
from kernel.actors import SYSTEM, Actor
from payments.channels.base import ChargeAnswer
from payments.models import Order, Payment
from payments.services import accounts, attempts, queries
from payments.services.period_orders import by_mandate
from payments.states import OPEN_ATTEMPTS, AttemptState, PaymentState

from ..billing import dunning
from ..errors import BeingPaid, NoMandate, NotPossible
from ..models import Invoice, Subscription
from ..states import InvoiceKind, SubscriptionState
from . import keeping, overdue, policies, refusals, store
from .batch import Batch
from .keeping import Usable

LEASE = timedelta(minutes=2)


def conclude(payment: Payment, answer: ChargeAnswer) -> None:
    """Record what a channel said of a charge by mandate that it did not simply take."""
    concluded = attempts.conclude(payment, answer)
    if concluded.state in (AttemptState.FAILED, AttemptState.CLOSED):
        fail(concluded)


def fail(payment: Payment) -> None:
    """A charge by mandate was refused. Said again, it changes nothing."""
    with transaction.atomic():
        found = overdue.locked_open(payment.order_id)
        if found is None:
            return
        invoice, subscription = found
        rules, now = policies.of(subscription.merchant_id), clock.now(subscription.merchant)
        batch = Batch()
        refusals.mark(batch, subscription, payment.code)
        if invoice.kind == InvoiceKind.RENEWAL and now >= invoice.due_at:
            overdue.fall_due(batch, subscription, invoice, rules, now, reason=payment.code or payment.state)
        batch.write()


def by_hand(subscription: Subscription, *, actor: Actor) -> Payment:
    """Try the kept method now, because the buyer or the merchant wishes it. The schedule stays as it is.

    Raises NotPossible where nothing is owed, NoMandate, BeingPaid.
    """
    subscription = Subscription.objects.select_related("merchant").get(pk=subscription.pk)
    invoice = overdue.open_invoice(subscription)
    if invoice is None or subscription.state == SubscriptionState.INCOMPLETE:
        raise NotPossible
    kept = keeping.usable([subscription]).get(subscription.pk)
    if kept is None or not kept.takes(invoice.total):
        raise NoMandate
    audit.record(
        actor,
        "subscription.tried",
        ("subscription", subscription.pk),
        merchant_id=subscription.merchant_id,
        facts={"invoice": invoice.key},
    )
    payment = begin(invoice, kept, scheduled=False)
    if payment is None:
        raise BeingPaid
    return Payment.objects.select_related("order").get(pk=payment.pk)


def charge(subscription: Subscription, invoice: Invoice) -> Payment | None:
    """Charge an invoice that was just written; None: nothing could be charged."""
    kept = keeping.usable([subscription]).get(subscription.pk)
    if kept is None or not kept.takes(invoice.total):
        return None
    return begin(invoice, kept, scheduled=False)


def begin(invoice: Invoice, kept: Usable, *, scheduled: bool) -> Payment | None:
    """Charge an order that stands. None: it is being paid in another way."""
    if invoice.order is None or not _close_others(invoice.order):
        return None
    with transaction.atomic():
        payment = _intend(invoice, kept, scheduled=scheduled)
    if payment is None:
        return None
    till = accounts.till(payment.account_id)
    longest = till.channel.capabilities.longest
    conclude(payment, till.channel.create(till.account, attempts.charge_of(payment, longest=longest)))
    return payment


def _close_others(order: Order) -> bool:
    """Close what the buyer has open at a channel, so that nobody pays twice. Whether all of it is closed."""
    waiting = Payment.objects.filter(order=order, mandate_id__isnull=True, state__in=OPEN_ATTEMPTS)
    for payment in waiting.select_related("order", "order__merchant"):
        queries.finish(payment)
    return not Payment.objects.filter(order=order, state__in=OPEN_ATTEMPTS).exists()


def _intend(invoice: Invoice, kept: Usable, *, scheduled: bool) -> Payment | None:
    """Write the intent, if the order still waits and nobody else pays it; in the caller's transaction."""
    if invoice.order is None:
        return None
    order = Order.objects.select_for_update(no_key=True).get(pk=invoice.order.pk)
    found = overdue.locked_open(order.pk)
    is_open = Payment.objects.filter(order=order, state__in=OPEN_ATTEMPTS).exists()
    if found is None or order.payment_state != PaymentState.PENDING or is_open:
        return None
    _, subscription = found
    now, rules = clock.now(subscription.merchant), policies.of(subscription.merchant_id)
    if scheduled:
        after = dunning.next_try(invoice.due_at, rules.retry_days, subscription.tries)
        if after is None or after > now:
            return None
        subscription.tries = overdue.counted(subscription.tries, invoice.due_at, rules, now)
        subscription.due_at = now + LEASE
        store.save([subscription])
    ordinal = Payment.objects.filter(order=order).aggregate(last=Max("ordinal"))["last"] or 0
    payment = by_mandate(order, kept.kept, ordinal=ordinal + 1, now=now, lease=LEASE)
    payment.save(force_insert=True)
    audit.record(
        SYSTEM,
        "payment.opened",
        ("order", order.pk),
        merchant_id=order.merchant_id,
        facts={"payment": payment.reference, "method": payment.method},
    )
    return payment


def latest_of(order: Order) -> Payment | None:
    """The latest charge by mandate of an order, as its channel says that it stands."""
    latest = Payment.objects.filter(order=order, mandate_id__isnull=False).order_by("-ordinal").first()
    if latest is None or latest.state not in OPEN_ATTEMPTS:
        return latest
    queries.ask(latest.pk)
    latest.refresh_from_db()
    return latest
