"""Pauses: from the end of what is paid; undone before it, ended by a charge after it."""

from datetime import datetime
from typing import Any

from kernel import clock
from kernel.actors import Actor, ActorKind
from kernel.errors import Invalid, said

from .. import events
from ..errors import NotAllowed, NotPossible
from ..models import Invoice, Subscription
from ..states import InvoiceState, SubscriptionState
from . import lives, policies, renewals, settling, store
from .batch import Batch

_S = SubscriptionState


def at_end(subscription: Subscription, *, actor: Actor, resume_at: datetime | None = None) -> Subscription:
    """Rest from the end of what is paid on, until somebody resumes it, or until `resume_at`.

    Raises NotAllowed, NotPossible, BeingPaid, Invalid for a `resume_at` within what is paid.
    """
    if actor.kind == ActorKind.BUYER and not policies.of(subscription.merchant_id).may_pause:
        raise NotAllowed
    settling.clear(subscription, actor=actor, reason="paused")
    with settling.locked(subscription, _S.TRIALING, _S.ACTIVE) as row:
        if row.cancel_at_end:
            raise NotPossible
        if resume_at and row.period_ends and resume_at <= row.period_ends:
            raise Invalid(errors={"resume_at": [said("Name a time after the end of the paid period.")]})
        row.pause_at_end, row.resume_at = True, resume_at
        row.due_at = lives.next_due(row, policies.of(row.merchant_id))
        until = resume_at.isoformat() if resume_at else None
        _write(row, events.PAUSE_SCHEDULED, actor, resume_at=until)
    return row


def resume(subscription: Subscription, *, actor: Actor) -> Subscription:
    """Before the pause: it does not come. In it: the next period begins now, and is charged now.

    Without a kept method, its order is to be paid first. Raises NotPossible, BeingPaid.
    """
    settling.clear(subscription, actor=actor, reason="resumed")
    with settling.locked(subscription, _S.TRIALING, _S.ACTIVE, _S.PAUSED) as row:
        if row.state == _S.PAUSED:
            row.resume_at = row.due_at = clock.now(row.merchant)
            store.save([row])
        else:
            row.pause_at_end, row.resume_at = False, None
            row.due_at = lives.next_due(row, policies.of(row.merchant_id))
            _write(row, events.RESUMED, actor)
    if row.state == _S.PAUSED:
        renewals.one(row.pk)
        row.refresh_from_db()
    return row


def _write(subscription: Subscription, topic: str, actor: Actor, **facts: Any) -> None:
    batch = Batch(actor=actor)
    batch.keep(subscription)
    batch.tell(topic, subscription, **facts)
    batch.write()


def open_invoice(subscription: Subscription) -> Invoice | None:
    """What is to be paid now."""
    return (
        Invoice.objects.select_related("order")
        .filter(subscription=subscription, state=InvoiceState.OPEN)
        .first()
    )
