"""Cancellations: at the end of what is paid, or at once where the policy allows; undone until then."""

from django.db import transaction

from kernel import clock
from kernel.actors import Actor, ActorKind
from kernel.money import Money
from payments.services import refunds

from .. import events
from ..errors import NotAllowed
from ..models import Subscription
from ..states import CancelNow, EndReason, SubscriptionState
from . import balances, lives, policies, settling, worth
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
    """What goes back where it ends at once: by the policy what was paid for time left, and any balance."""
    owed = _unused(subscription) + max(0, subscription.balance)
    back = sum(part for _, part in worth.shares(worth.all_payments(subscription), owed))
    return Money(back, subscription.currency)


def now(subscription: Subscription, *, actor: Actor, reason: str = "") -> Subscription:
    """End at once. Buyers may where the policy says so; merchants always. What is left goes back by it.

    It ends and its money is set aside in one transaction, or neither: the channel is asked afterwards.
    Raises NotAllowed, NotPossible, BeingPaid, BalanceTooLow.
    """
    rules = policies.of(subscription.merchant_id)
    if actor.kind == ActorKind.BUYER and rules.cancel_now == CancelNow.NO:
        raise NotAllowed
    settling.clear(subscription, actor=actor, reason="cancelled")
    with transaction.atomic():
        fresh = Subscription.objects.select_related("merchant").get(pk=subscription.pk)
        held = worth.locked(worth.shares(worth.all_payments(fresh), _unused(fresh)))
        with settling.locked(fresh, *(set(_S) - {_S.ENDED})) as row:
            parts = worth.shares(held, _unused(row))
            _end(row, actor, reason)
            booked = [
                refunds.reserve(
                    payment, Money(part, row.currency), reason=reason.strip() or "cancelled", actor=actor
                )
                for payment, part in parts
            ]
    for refund in booked:
        refunds.send(refund)
    if row.balance > 0:
        balances.give_back(row.pk)
    return row


def _end(row: Subscription, actor: Actor, reason: str) -> None:
    at = clock.now(row.merchant)
    batch = Batch(actor=actor)
    row.cancel_reason = reason.strip()[:200]
    batch.end(row, EndReason.CANCELLED, at)
    batch.cut_short(row, at)
    batch.write()


def _unused(subscription: Subscription) -> int:
    """What the policy gives back of the running period: what was paid for its time that is left."""
    rules = policies.of(subscription.merchant_id)
    if rules.cancel_now != CancelNow.PRORATED or subscription.state != _S.ACTIVE:
        return 0
    period = worth.period(subscription)
    return period.share(period.value, clock.now(subscription.merchant))
