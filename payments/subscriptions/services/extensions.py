"""Extensions: days that a merchant gives for nothing."""

from datetime import timedelta

from kernel import clock, ids
from kernel.actors import Actor
from merchants.services.entitlements import Grant
from merchants.states import GrantKind

from .. import events
from ..errors import NotPossible
from ..models import Subscription
from ..states import SubscriptionState
from . import entitling, lives, policies, settling
from .batch import Batch

_S = SubscriptionState
MOST_DAYS = 366


def give(subscription: Subscription, days: int, *, actor: Actor, reason: str) -> Subscription:
    """The period that runs, and so the next charge, ends this many days later.

    Raises NotPossible, BeingPaid.
    """
    if not 1 <= days <= MOST_DAYS:
        raise NotPossible
    settling.clear(subscription, actor=actor, reason="extended")
    with settling.locked(subscription, _S.TRIALING, _S.ACTIVE) as row:
        if row.period_ends is None or row.entitlement_id is None:
            raise NotPossible
        starts, ends = row.period_ends, row.period_ends + timedelta(days=days)
        batch = Batch(actor=actor)
        # Under a name of its own, so that it can be taken back like the others.
        grant = Grant(row.entitlement_id, ids.new(), GrantKind.FREE, starts, ends)
        batch.grants.append(entitling.Granting(grant, clock.now(row.merchant)))
        row.period_ends = row.anchor_at = ends
        row.step = 0
        if row.state == _S.TRIALING:
            row.trial_ends = ends
        row.due_at = lives.next_due(row, policies.of(row.merchant_id))
        batch.keep(row)
        batch.tell(events.EXTENDED, row, reason=reason, days=days)
        batch.write()
    return row
