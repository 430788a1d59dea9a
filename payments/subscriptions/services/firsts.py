"""The first invoice of a subscription, and the beginning of a trial."""

from datetime import datetime, timedelta

from kernel import ids
from kernel.actors import Actor

from ..billing.proration import Line, LineKind
from ..models import Invoice, Subscription
from ..states import InvoiceKind
from . import deliveries, lives, policies
from .batch import Batch


def start_trial(subscription: Subscription, now: datetime, *, actor: Actor) -> None:
    """The trial begins, in the caller's transaction, which holds the subscription."""
    plan = lives.plan_of(subscription)
    ends = now + timedelta(days=plan.trial_days)
    line = Line(LineKind.TRIAL, 0, now, ends, subscription.quantity, subscription.unit_price)
    invoice = invoice_of(subscription, InvoiceKind.TRIAL, line, now)
    batch = Batch(actor=actor)
    batch.add(invoice)
    deliveries.apply(batch, invoice, now, policies.of(subscription.merchant_id))
    batch.write()


def invoice_of(subscription: Subscription, kind: InvoiceKind, line: Line, now: datetime) -> Invoice:
    """Its first invoice, not written."""
    return Invoice(
        id=ids.new(),
        subscription=subscription,
        merchant_id=subscription.merchant_id,
        book=subscription.book,
        number=1,
        kind=kind,
        period=1,
        period_starts=line.starts,
        period_ends=line.ends,
        version_id=subscription.version_id,
        quantity=subscription.quantity,
        unit_price=subscription.unit_price,
        lines=[line.shown],
        subtotal=line.amount,
        total=line.amount,
        currency=subscription.currency,
        created_at=now,
        due_at=now,
    )
