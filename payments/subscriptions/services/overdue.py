"""What is due and not paid: how far the schedule of tries is, and the membership's falling behind.

`tries` counts the schedule's tries when they are begun, never when they end: so a worker that dies has not
used one up twice, and a try by hand moves nothing.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from .. import events
from ..billing import dunning
from ..models import Invoice, Subscription
from ..states import InvoiceState, SubscriptionState
from . import lives, store
from .batch import Batch
from .policies import Rules

_S = SubscriptionState

LINK = "link"
"""Why a period is not paid: nothing could be charged for it."""


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
    """The period is due and not paid: the schedule goes on, the membership stays on through the grace.

    Found out again, as after a worker's death, it is not told again: each day of the schedule is told once.
    """
    after = dunning.next_try(invoice.due_at, rules.retry_days, subscription.tries)
    is_news = subscription.state != _S.PAST_DUE or subscription.tries > subscription.told_tries
    store.move(subscription, _S.PAST_DUE)
    subscription.past_due_since = invoice.due_at
    subscription.due_at = after or now
    batch.keep(subscription)
    if subscription.entitlement_id is not None:
        batch.graces.append((subscription.entitlement_id, lives.grace_until(invoice.due_at, rules)))
    if is_news:
        subscription.told_tries = subscription.tries
        batch.tell(
            events.PAST_DUE,
            subscription,
            reason=reason,
            invoice=invoice.key,
            tries=subscription.tries,
            next_try_at=after.isoformat() if after else None,
            order=events.order_name(invoice.order_id),
        )


def fall(invoice: Invoice, rules: Rules, now: datetime, *, counts: bool) -> None:
    """Let an open invoice fall due; `counts`: a day of the schedule goes by, and nothing is charged."""
    with transaction.atomic():
        found = locked_open(invoice.order_id) if invoice.order_id else None
        if found is None:
            return
        _, subscription = found
        batch = Batch()
        if counts:
            subscription.tries = counted(subscription.tries, invoice.due_at, rules, now)
        fall_due(batch, subscription, invoice, rules, now, reason=LINK if counts else "unpaid")
        batch.write()


def locked_open(order_id: UUID) -> tuple[Invoice, Subscription] | None:
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


def open_invoice(subscription: Subscription) -> Invoice | None:
    """What a subscription asks for, with its order; None: nothing."""
    open_ones = Invoice.objects.select_related("order", "order__merchant")
    return open_ones.filter(subscription=subscription, state=InvoiceState.OPEN).first()
