"""Kept payment methods, as other verbs need them: which can be charged, and which are of no more use."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from buyers import consents
from kernel import clock
from payments.models import Payment
from payments.services.period_orders import Kept
from payments.states import AccountStatus

from ..models import Mandate, Subscription
from ..states import MANDATE, MandateState

OPEN = (MandateState.OFFERED, MandateState.ACTIVE, MandateState.SUSPENDED)
REPLACED, OVER = "replaced", "ended"
"""Why a permission ends without anybody's ending it: another takes its place; its subscription is over."""


@dataclass(frozen=True, slots=True)
class Usable:
    """A method that can be charged now, and for how much at most, in minor units."""

    kept: Kept
    limit: int

    def takes(self, amount: int) -> bool:
        """Whether it was agreed to for as much."""
        return amount <= self.limit


def usable(subscriptions: Iterable[Subscription]) -> dict[UUID, Usable]:
    """What can be charged for each of these. A paused account opens no payments."""
    wanted = [each.mandate_id for each in subscriptions if each.mandate_id is not None]
    rows = Mandate.objects.filter(
        pk__in=wanted, state=MandateState.ACTIVE, account__status=AccountStatus.ACTIVE
    )
    return {
        row.subscription_id: Usable(Kept(row.pk, row.account_id, row.method, row.handle), row.limit_amount)
        for row in rows
    }


def ask_about(paid: Iterable[Payment]) -> None:
    """Buyers have paid with methods that they let us keep: the channel is asked for them, soon."""
    for payment in paid:
        Mandate.objects.filter(
            subscription_id__in=[payment.order.subscription_id],
            account_id=payment.account_id,
            state__in=OPEN,
        ).update(payment_id=payment.pk, page="", ask_at=clock.now(), asked=0)


def end_rows(
    subscription_ids: Collection[UUID],
    now: datetime,
    *,
    by: str,
    reason: str,
    but: UUID | None = None,
    only: UUID | None = None,
) -> list[Mandate]:
    """End the permissions of these subscriptions, which the caller holds: `only` one, or all `but` one.

    Gives those that ended; `Batch.end_mandates` tells of them. The channel is asked to forget the methods
    soon after.
    """
    found = Mandate.objects.filter(subscription_id__in=subscription_ids, state__in=OPEN)
    if but is not None:
        found = found.exclude(pk=but)
    if only is not None:
        found = found.filter(pk=only)
    rows = list(found.select_for_update(no_key=True).order_by("pk"))
    for row in rows:
        MANDATE.check(MandateState(row.state), MandateState.ENDED)
    Mandate.objects.filter(pk__in=[row.pk for row in rows]).update(
        state=MandateState.ENDED,
        ended_at=now,
        ended_by=by[:8],
        end_reason=reason[:40],
        page_url="",
        ask_at=clock.now(),
        asked=0,
    )
    kept = {row.consent_id for row in rows if but is None}
    if only is not None:
        # The same words stand for both, where a card is to be changed: those of the other one stay in force.
        others = Mandate.objects.filter(subscription_id__in=subscription_ids, state__in=OPEN)
        kept -= set(others.values_list("consent_id", flat=True))
    for consent in consents.of_subject("subscription", [row.subscription_id for row in rows]):
        if consent.pk in kept and consent.ended_at is None:
            consents.end(consent, at=now)
    return rows
