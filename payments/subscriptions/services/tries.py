"""Tries: what was taken up before and is not paid; asked about by its number, tried again by the schedule.

`tries` counts the schedule's tries when they are begun, never when they end: so a worker that dies has not
used one up twice, and a try by hand moves nothing. Everything here is about one subscription.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Max

import audit
from kernel import clock
from kernel.actors import SYSTEM, Actor
from payments.channels.base import ChargeAnswer
from payments.models import Order, Payment
from payments.services import accounts, attempts, expiry, queries
from payments.services.period_orders import by_mandate
from payments.states import OPEN_ATTEMPTS, AttemptState, PaymentState

from .. import events
from ..billing import dunning
from ..errors import BeingPaid, NoMandate, NotPossible
from ..models import Invoice, Subscription
from ..states import EndReason, InvoiceKind, InvoiceState, SubscriptionState
from . import keeping, lives, policies, refusals, store
from .batch import Batch
from .keeping import Usable
from .policies import Rules

_S = SubscriptionState

LEASE = timedelta(minutes=2)
LOOK_AGAIN = timedelta(minutes=10)
"""When a charge is looked at again that its channel has not answered for; it is asked about meanwhile."""


def counted(tries: int, due: datetime, rules: Rules, now: datetime) -> int:
    """How many tries the schedule has had with the one that begins; a day that went by is over."""
    gone = sum(due + timedelta(days=day) <= now for day in rules.retry_days)
    return max(tries + 1, gone)


def is_over(subscription: Subscription, due: datetime, rules: Rules) -> bool:
    """Whether the schedule has no more tries."""
    return dunning.next_try(due, rules.retry_days, subscription.tries) is None


def fall_due(
    batch: Batch, subscription: Subscription, invoice: Invoice, rules: Rules, now: datetime, *, reason: str
) -> None:
    """The period is due and not paid: the schedule goes on, the membership stays on through the grace."""
    after = dunning.next_try(invoice.due_at, rules.retry_days, subscription.tries)
    was = (subscription.state, subscription.due_at)
    store.move(subscription, _S.PAST_DUE)
    subscription.past_due_since = invoice.due_at
    subscription.due_at = after or now
    batch.keep(subscription)
    if subscription.entitlement_id is not None:
        batch.graces.append((subscription.entitlement_id, lives.grace_until(invoice.due_at, rules)))
    if was != (subscription.state, subscription.due_at):
        batch.tell(
            events.PAST_DUE,
            subscription,
            reason=reason,
            tries=subscription.tries,
            next_try_at=after.isoformat() if after else None,
            order=events.order_name(invoice.order_id),
        )


def conclude(payment: Payment, answer: ChargeAnswer) -> None:
    """Record what a channel said of a charge by mandate that it did not simply take."""
    concluded = attempts.conclude(payment, answer)
    if concluded.state in (AttemptState.FAILED, AttemptState.CLOSED):
        fail(concluded)


def fail(payment: Payment) -> None:
    """A charge by mandate was refused. Said again, it changes nothing."""
    with transaction.atomic():
        found = _locked_open(payment.order_id)
        if found is None:
            return
        invoice, subscription = found
        rules, now = policies.of(subscription.merchant_id), clock.now(subscription.merchant)
        batch = Batch()
        refusals.mark(batch, subscription, payment.code)
        if invoice.kind == InvoiceKind.RENEWAL and now >= invoice.due_at:
            fall_due(batch, subscription, invoice, rules, now, reason=payment.code or payment.state)
        batch.write()


def go_on(subscription_id: UUID) -> None:
    """Do what is due for one that owes already; its lease keeps others away. No transaction is open."""
    subscription = Subscription.objects.select_related("merchant").get(pk=subscription_id)
    if subscription.state == _S.INCOMPLETE:
        _give_up_start(subscription)
        return
    invoice = _open_invoice(subscription)
    if invoice is None or invoice.order is None:
        _look_again(subscription, timedelta())
        return
    latest = _ask(invoice.order)
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
            fail(latest)
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
            _try(invoice, kept, scheduled=True)


def by_hand(subscription: Subscription, *, actor: Actor) -> Payment:
    """Try the kept method now, because the buyer or the merchant wishes it. The schedule stays as it is.

    Raises NotPossible where nothing is owed, NoMandate, BeingPaid.
    """
    subscription = Subscription.objects.select_related("merchant").get(pk=subscription.pk)
    invoice = _open_invoice(subscription)
    if invoice is None or subscription.state == _S.INCOMPLETE:
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
    payment = _try(invoice, kept, scheduled=False)
    if payment is None:
        raise BeingPaid
    return Payment.objects.select_related("order").get(pk=payment.pk)


def charge(subscription: Subscription, invoice: Invoice) -> Payment | None:
    """Charge an invoice that was just written; None: nothing could be charged."""
    kept = keeping.usable([subscription]).get(subscription.pk)
    if kept is None or not kept.takes(invoice.total):
        return None
    return _try(invoice, kept, scheduled=False)


def _try(invoice: Invoice, kept: Usable, *, scheduled: bool) -> Payment | None:
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
    found = _locked_open(order.pk)
    is_open = Payment.objects.filter(order=order, state__in=OPEN_ATTEMPTS).exists()
    if found is None or order.payment_state != PaymentState.PENDING or is_open:
        return None
    _, subscription = found
    now, rules = clock.now(subscription.merchant), policies.of(subscription.merchant_id)
    if scheduled:
        after = dunning.next_try(invoice.due_at, rules.retry_days, subscription.tries)
        if after is None or after > now:
            return None
        subscription.tries = counted(subscription.tries, invoice.due_at, rules, now)
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


def _ask(order: Order) -> Payment | None:
    """The latest charge by mandate of an order, as its channel says that it stands."""
    latest = Payment.objects.filter(order=order, mandate_id__isnull=False).order_by("-ordinal").first()
    if latest is None or latest.state not in OPEN_ATTEMPTS:
        return latest
    queries.ask(latest.pk)
    latest.refresh_from_db()
    return latest


def _wait(invoice: Invoice, rules: Rules, now: datetime) -> None:
    _fall(invoice, rules, now, counts=False)


def _remind(invoice: Invoice, rules: Rules, now: datetime) -> None:
    """Nothing can be charged: the day of the schedule goes by with a mail."""
    _fall(invoice, rules, now, counts=True)


def _fall(invoice: Invoice, rules: Rules, now: datetime, *, counts: bool) -> None:
    with transaction.atomic():
        found = _locked_open(invoice.order_id) if invoice.order_id else None
        if found is None:
            return
        _, subscription = found
        batch = Batch()
        if counts:
            subscription.tries = counted(subscription.tries, invoice.due_at, rules, now)
        fall_due(batch, subscription, invoice, rules, now, reason="link" if counts else "unpaid")
        batch.write()


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


def _locked_open(order_id: UUID) -> tuple[Invoice, Subscription] | None:
    """The open invoice of an order, and its subscription, both locked; None: it is not open any more."""
    found = Invoice.objects.filter(order_id=order_id)
    key = found.values_list("subscription_id", flat=True).first()
    if key is None:
        return None
    subscription = store.lock_one(key)
    invoice = found.select_for_update(no_key=True).get()
    invoice.subscription = subscription
    if invoice.state != InvoiceState.OPEN or subscription.state == _S.ENDED:
        return None
    return invoice, subscription


def _open_invoice(subscription: Subscription) -> Invoice | None:
    open_ones = Invoice.objects.select_related("order", "order__merchant")
    return open_ones.filter(subscription=subscription, state=InvoiceState.OPEN).first()


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
