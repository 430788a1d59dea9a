"""What banks said of kept methods when they refused: one that is gone for good is charged no more."""

from collections.abc import Collection
from uuid import UUID

from payments import declines
from payments.models import Payment
from payments.states import AttemptState

from .. import events
from ..models import Mandate, Subscription
from ..states import MandateState
from .batch import Batch


def mark(batch: Batch, subscription: Subscription, code: str) -> None:
    """Keep in mind of a locked subscription what its bank has said of the period that it owes."""
    batch.keep(subscription)
    if declines.is_hard(code):
        subscription.hard = True
        subscription.needs_buyer = declines.needs_buyer(code)
        suspend(batch, subscription, code)


def suspend(batch: Batch, subscription: Subscription, code: str) -> None:
    """Charge the kept method no more, if its bank said never to try it again."""
    if not declines.is_hard(code) or declines.needs_buyer(code):
        return
    kept = Mandate.objects.filter(subscription=subscription, state=MandateState.ACTIVE).first()
    if kept is not None:
        Mandate.objects.filter(pk=kept.pk).update(state=MandateState.SUSPENDED)
        facts = {"mandate": kept.key, "method": kept.method}
        batch.tell(events.MANDATE_SUSPENDED, subscription, reason=code, **facts)


def of_orders(order_ids: Collection[UUID]) -> dict[UUID, str]:
    """Why the last charge by mandate of each of these orders was refused, where it was."""
    refused = Payment.objects.filter(
        order_id__in=order_ids, mandate_id__isnull=False, state=AttemptState.FAILED
    )
    return dict(refused.order_by("ordinal").values_list("order_id", "code"))
