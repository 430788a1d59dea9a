"""Cancellations: at the end of what is paid, or at once where the policy allows; undone until then."""

from kernel import clock
from kernel.actors import Actor, ActorKind
from kernel.money import Money
from payments.models import Payment
from payments.services import refunds
from payments.states import Use

from .. import events
from ..billing.proration import Period
from ..errors import NotAllowed
from ..models import Invoice, Subscription
from ..states import CancelNow, EndReason, InvoiceState, SubscriptionState
from . import lives, policies, settling
from .batch import Batch

_S = SubscriptionState


def at_end(subscription: Subscription, *, actor: Actor, reason: str = "") -> Subscription:
    """End with what is paid. One that is past due, paused or not begun ends at once: nothing is paid for.

    Raises NotPossible, BeingPaid.
    """
    settling.clear(subscription, actor=actor, reason="cancelled")
    with settling.locked(subscription, _S.INCOMPLETE, _S.TRIALING, _S.ACTIVE, _S.PAST_DUE, _S.PAUSED) as row:
        batch = Batch(actor=actor)
        row.cancel_reason = reason.strip()[:200]
        if row.state in (_S.TRIALING, _S.ACTIVE):
            row.cancel_at_end, row.pause_at_end = True, False
            row.resume_at = None
            row.due_at = lives.next_due(row, policies.of(row.merchant_id))
            batch.keep(row)
            batch.tell(events.CANCEL_SCHEDULED, row, reason=row.cancel_reason)
        else:
            batch.end(row, EndReason.CANCELLED, clock.now(row.merchant))
        batch.write()
    return row


def undo(subscription: Subscription, *, actor: Actor) -> Subscription:
    """It goes on after all. Raises NotPossible where it has ended, or was not to."""
    with settling.locked(subscription, _S.TRIALING, _S.ACTIVE) as row:
        if row.cancel_at_end:
            row.cancel_at_end, row.cancel_reason = False, ""
            row.due_at = lives.next_due(row, policies.of(row.merchant_id))
            batch = Batch(actor=actor)
            batch.keep(row)
            batch.tell(events.CANCEL_UNDONE, row)
            batch.write()
    return row


def refund_of_now(subscription: Subscription) -> Money:
    """What goes back where it ends at once: what was paid for the time that is left, by the policy."""
    rules = policies.of(subscription.merchant_id)
    starts, ends = subscription.period_starts, subscription.period_ends
    if rules.cancel_now != CancelNow.PRORATED or starts is None or ends is None:
        return Money(0, subscription.currency)
    if subscription.state != _S.ACTIVE:
        return Money(0, subscription.currency)
    period = Period(starts, ends, subscription.period_value)
    left = period.share(subscription.period_value, clock.now(subscription.merchant))
    payment = _last_payment(subscription)
    most = payment.refundable.amount if payment else 0
    return Money(max(0, min(left, most)), subscription.currency)


def now(subscription: Subscription, *, actor: Actor, reason: str = "") -> Subscription:
    """End at once. Buyers may where the policy says so; merchants always. What is left goes back by it.

    Raises NotAllowed, NotPossible, BeingPaid, BalanceTooLow.
    """
    rules = policies.of(subscription.merchant_id)
    if actor.kind == ActorKind.BUYER and rules.cancel_now == CancelNow.NO:
        raise NotAllowed
    settling.clear(subscription, actor=actor, reason="cancelled")
    fresh = Subscription.objects.select_related("merchant").get(pk=subscription.pk)
    back, payment = refund_of_now(fresh), _last_payment(fresh)
    if back.amount and payment is not None and fresh.state != _S.ENDED:
        # First: where the merchant has no cover for it, nothing is changed. A form of its own for each
        # subscription: asked for twice, it goes back once.
        why = reason.strip() or "cancelled"
        refunds.book(payment=payment, amount=back, reason=why, actor=actor, form_key=fresh.pk)
    with settling.locked(fresh, *(set(_S) - {_S.ENDED})) as row:
        at = clock.now(row.merchant)
        batch = Batch(actor=actor)
        row.cancel_reason = reason.strip()[:200]
        batch.end(row, EndReason.CANCELLED, at)
        batch.cut_short(row, at)
        batch.write()
    return row


def _last_payment(subscription: Subscription) -> Payment | None:
    """The payment of the period that runs."""
    paid = Invoice.objects.filter(subscription=subscription, state=InvoiceState.PAID, order__isnull=False)
    order_id = paid.order_by("-number").values_list("order_id", flat=True).first()
    return Payment.objects.filter(order_id=order_id, use=Use.APPLIED).first() if order_id else None
