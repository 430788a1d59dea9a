"""Debts: what was taken up before and is not paid; asked about by its number, tried again by the schedule.

Everything here is about one subscription.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from kernel import clock
from kernel.actors import SYSTEM
from payments.models import Order
from payments.services import expiry
from payments.states import OPEN_ATTEMPTS, PaymentState

from ..billing import dunning
from ..models import Invoice, Subscription
from ..states import EndReason, InvoiceKind, InvoiceState, SubscriptionState
from . import keeping, overdue, policies, store, tries
from .batch import Batch
from .policies import Rules

_S = SubscriptionState

LOOK_AGAIN = timedelta(minutes=10)
"""When a charge is looked at again that its channel has not answered for; it is asked about meanwhile."""


def go_on(subscription_id: UUID) -> None:
    """Do what is due for one that owes already; its lease keeps others away. No transaction is open."""
    subscription = Subscription.objects.select_related("merchant").get(pk=subscription_id)
    if subscription.state == _S.INCOMPLETE:
        _give_up_start(subscription)
        return
    invoice = overdue.open_invoice(subscription)
    if invoice is None or invoice.order is None:
        _look_again(subscription, timedelta())
        return
    latest = tries.latest_of(invoice.order)
    invoice.refresh_from_db(fields=["state"])
    if invoice.state != InvoiceState.OPEN:
        return
    if latest is not None and latest.state in OPEN_ATTEMPTS:
        _look_again(subscription, LOOK_AGAIN)
    elif invoice.kind != InvoiceKind.RENEWAL:
        # A change that is being paid: its order ends soon, and the period is renewed after that.
        _look_again(subscription, LOOK_AGAIN / 2)
    else:
        if latest is not None:
            tries.fail(latest)
        _by_schedule(subscription_id, invoice)


def _by_schedule(subscription_id: UUID, invoice: Invoice) -> None:
    subscription = Subscription.objects.select_related("merchant").get(pk=subscription_id)
    now, rules = clock.now(subscription.merchant), policies.of(subscription.merchant_id)
    if now < invoice.due_at:
        _set_due(subscription_id, invoice.due_at)
        return
    after = dunning.next_try(invoice.due_at, rules.retry_days, subscription.tries)
    order = invoice.order
    if after is None or order is None or order.expires_at <= now:
        _give_up(subscription, invoice)
    elif after > now:
        _wait(invoice, rules, now)
    else:
        kept = keeping.usable([subscription]).get(subscription.pk)
        if kept is None or subscription.hard or not kept.takes(invoice.total):
            _remind(invoice, rules, now)
        else:
            tries.begin(invoice, kept, scheduled=True)


def _wait(invoice: Invoice, rules: Rules, now: datetime) -> None:
    overdue.fall(invoice, rules, now, counts=False)


def _remind(invoice: Invoice, rules: Rules, now: datetime) -> None:
    """Nothing can be charged: the day of the schedule goes by with a mail."""
    overdue.fall(invoice, rules, now, counts=True)


def _give_up(subscription: Subscription, invoice: Invoice) -> None:
    """The schedule is over: the order ends first, so that no money can come for what is not served."""
    if invoice.order is None:
        return
    order = Order.objects.select_related("merchant").get(pk=invoice.order.pk)
    if order.payment_state == PaymentState.PENDING:
        order = expiry.cancel(order, actor=SYSTEM, reason="unpaid")
    if order.payment_state not in (PaymentState.CANCELLED, PaymentState.EXPIRED):
        _look_again(subscription, LOOK_AGAIN)
        return
    with transaction.atomic():
        locked = store.lock_one(subscription.pk)
        if (
            locked.state in (_S.ENDED, _S.PAUSED)
            or Invoice.objects.filter(subscription=locked, state=InvoiceState.OPEN).exists()
        ):
            return
        batch = Batch()
        batch.end(locked, EndReason.UNPAID, clock.now(locked.merchant))
        batch.write()


def _give_up_start(subscription: Subscription) -> None:
    """Nobody showed a card for the trial."""
    with transaction.atomic():
        locked = store.lock_one(subscription.pk)
        has_order = Invoice.objects.filter(subscription=locked).exists()
        if locked.state != _S.INCOMPLETE or has_order:
            return
        batch = Batch()
        batch.end(locked, EndReason.NEVER_PAID, clock.now(locked.merchant))
        batch.write()


def put_off(subscription_id: UUID, pause: timedelta) -> None:
    """Leave one alone for a while."""
    subscription = Subscription.objects.select_related("merchant").get(pk=subscription_id)
    _look_again(subscription, pause)


def _look_again(subscription: Subscription, after: timedelta) -> None:
    _set_due(subscription.pk, clock.now(subscription.merchant) + after)


def _set_due(subscription_id: UUID, due_at: datetime) -> None:
    with transaction.atomic():
        locked = store.lock_one(subscription_id)
        if locked.state != _S.ENDED:
            locked.due_at = due_at
            store.save([locked])
