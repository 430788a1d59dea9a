"""Extensions: days that a merchant gives for nothing."""

from datetime import timedelta
from uuid import UUID

from kernel import clock, ids
from kernel.actors import Actor
from merchants.models import EntitlementGrant
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


def give(
    subscription: Subscription, days: int, *, actor: Actor, reason: str, name: UUID | None = None
) -> Subscription:
    """The period that runs, and so the next charge, ends this many days later.

    `name` is the asker's own for it: asked for again under the same one, nothing more is given.
    Raises NotPossible, BeingPaid.
    """
    if not 1 <= days <= MOST_DAYS:
        raise NotPossible
    if name is not None and _is_given(subscription, name):
        return Subscription.objects.select_related("merchant").get(pk=subscription.pk)
    settling.clear(subscription, actor=actor, reason="extended")
    with settling.locked(subscription, _S.TRIALING, _S.ACTIVE) as row:
        if row.period_ends is None or row.entitlement_id is None:
            raise NotPossible
        starts, ends = row.period_ends, row.period_ends + timedelta(days=days)
        batch = Batch(actor=actor)
        # Under a name of its own, so that it can be taken back like the others.
        grant = Grant(row.entitlement_id, name or ids.new(), GrantKind.FREE, starts, ends)
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


def _is_given(subscription: Subscription, name: UUID) -> bool:
    given = EntitlementGrant.objects.filter(entitlement__subscription_id=subscription.pk, invoice_id=name)
    return given.exists()
