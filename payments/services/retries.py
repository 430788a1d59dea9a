"""Retries: a refund that the channel had refused, tried once more by a person, under its own number for life.

Only what nobody else can give back: money that came besides, and that of a rejected order. A merchant's own
refund is simply asked for anew.
"""

from django.db import transaction

from kernel import clock
from kernel.actors import Actor

from .. import events, limits
from ..channels.base import RefundState as Said
from ..errors import ChannelSilent, NotRetriable
from ..models import Payment, Refund
from ..states import RefundKind, RefundState
from . import refunds

FORCED = frozenset({RefundKind.SURPLUS, RefundKind.REJECTED})


def is_due(refund: Refund) -> bool:
    """Whether this is a refund that a person may try again."""
    return (
        refund.state == RefundState.FAILED
        and refund.kind in FORCED
        and refund.retries < limits.REFUND_RETRIES
    )


def begin(refund: Refund, *, actor: Actor, reason: str) -> Refund:
    """Ask the channel what became of a refund that it refused, set its money aside again, and send it.

    What the channel has carried out meanwhile is recorded and not sent. Raises NotRetriable, and
    ChannelSilent where the channel does not say; then nothing was changed.
    """
    if not is_due(refund):
        raise NotRetriable
    answer = refunds.inquire(refund)
    if answer.state is Said.UNKNOWN:
        raise ChannelSilent
    with transaction.atomic():
        payment = refunds.lock(refund.payment_id)
        locked = Refund.objects.select_for_update(no_key=True).get(pk=refund.pk)
        _renew(locked, payment, actor, reason=reason)
    if answer.state in (Said.ABSENT, Said.FAILED):
        return refunds.send(locked)
    return refunds.conclude(locked.pk, answer)


def _renew(refund: Refund, payment: Payment, actor: Actor, *, reason: str) -> None:
    """Open it again, as it was agreed: the same money with the same fees, or not at all."""
    money = refund.money
    if (
        not is_due(refund)
        or payment.refundable != money
        or refunds.fees_back(payment, money)
        != refund.fees(merchant_bears_channel=payment.merchant_bears_channel)
        or refunds.promotion_back(payment, money) != refund.promotion
    ):
        raise NotRetriable
    refund.enter(
        RefundState.REQUESTED,
        retries=refund.retries + 1,
        concluded_at=None,
        next_query_at=refunds.first_question(clock.now()),
        queries=0,
    )
    refunds.hold(refund, payment, actor, events.REFUND_RETRIED, reason=reason)
