"""Changes of price for those who have an older version: offered with notice, and taken only with consent.

A version that is no dearer, for the same interval, is taken at the end of the period without being asked for.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F

import audit
from kernel import clock
from kernel.actors import Actor
from merchants.models import PlanVersion
from merchants.services import plans
from merchants.services.plans import PlanOffer

from .. import events
from ..errors import NotPossible
from ..models import PriceChange, Subscription
from ..states import PRICE_CHANGE, PriceChangeState, SubscriptionState
from . import lives, store
from .batch import Batch

_LIVE = (SubscriptionState.TRIALING, SubscriptionState.ACTIVE, SubscriptionState.PAUSED)
NOTICE = timedelta(days=30)
"""How long an offer to a paused subscription stands."""

_LOT = 200


def offer(version_id: UUID, *, actor: Actor) -> int:
    """Offer a published version to everybody who has an older one of its plan. Gives to how many.

    Offered again, it goes to those only who have no open offer.
    """
    plan = plans.version(version_id)
    older = Subscription.objects.filter(
        product_id=plan.product_id, state__in=_LIVE, version_id__in=_versions_of(plan)
    ).exclude(price_changes__state=PriceChangeState.OFFERED)
    keys = list(older.exclude(price_changes__to_version_id=version_id).values_list("pk", flat=True))
    return sum(_offer(keys[at : at + _LOT], plan, actor) for at in range(0, len(keys), _LOT))


def accept(change: PriceChange, *, actor: Actor) -> None:
    """The buyer agrees: it holds from the next period on. Raises NotPossible."""
    with transaction.atomic():
        subscription, row = _locked(change)
        _enter(row, PriceChangeState.ACCEPTED, subscription)
        _schedule(subscription, row.to_version_id, actor)


def decline(change: PriceChange, *, actor: Actor) -> None:
    """The buyer does not agree: nothing changes. Raises NotPossible."""
    with transaction.atomic():
        subscription, row = _locked(change)
        _enter(row, PriceChangeState.DECLINED, subscription)
        audit.record(
            actor,
            "subscription.price_declined",
            ("subscription", subscription.pk),
            merchant_id=subscription.merchant_id,
        )


def lapse(limit: int) -> int:
    """Offers that nobody answered are over, and change nothing. Gives how many."""
    due = PriceChange.objects.filter(
        state=PriceChangeState.OFFERED,
        effective_from__lte=clock.now() + F("subscription__merchant__clock_ahead"),
    )
    done = 0
    for change in due.order_by("effective_from")[:limit]:
        with transaction.atomic():
            subscription, row = _locked(change)
            if row.state == PriceChangeState.OFFERED:
                _enter(row, PriceChangeState.LAPSED, subscription)
                done += 1
    return done


def _versions_of(plan: PlanOffer) -> list[UUID]:
    rows = PlanVersion.objects.filter(plan_id=plan.plan_id, number__lt=plan.number)
    return list(rows.values_list("pk", flat=True))


def _offer(keys: list[UUID], plan: PlanOffer, actor: Actor) -> int:
    with transaction.atomic():
        batch = Batch(actor=actor)
        offers = []
        for subscription in store.lock(keys).values():
            if subscription.state not in _LIVE or subscription.currency not in plan.prices:
                continue
            now = clock.now(subscription.merchant)
            price = plan.prices[subscription.currency]
            if price <= subscription.unit_price and lives.same_interval(lives.plan_of(subscription), plan):
                _schedule_in(batch, subscription, plan)
                continue
            counts = _effective(subscription, now)
            offers.append(
                PriceChange(
                    subscription=subscription,
                    to_version_id=plan.version_id,
                    old_price=subscription.unit_price,
                    new_price=price,
                    effective_from=counts,
                    offered_at=now,
                )
            )
            batch.tell(
                events.PRICE_CHANGE_OFFERED, subscription, effective_from=counts.isoformat(), new_price=price
            )
        PriceChange.objects.bulk_create(offers)
        batch.write()
    return len(keys)


def _effective(subscription: Subscription, now: datetime) -> datetime:
    """From the next period on, to which the buyer says yes before it begins; for a paused one, in NOTICE."""
    ends = subscription.period_ends
    return ends if ends is not None and ends > now else now + NOTICE


def _locked(change: PriceChange) -> tuple[Subscription, PriceChange]:
    subscription = store.lock_one(change.subscription_id)
    return subscription, PriceChange.objects.select_for_update(no_key=True).get(pk=change.pk)


def _enter(row: PriceChange, target: PriceChangeState, subscription: Subscription) -> None:
    if not PRICE_CHANGE.allows(PriceChangeState(row.state), target):
        raise NotPossible
    row.enter(target, answered_at=clock.now(subscription.merchant))


def _schedule(subscription: Subscription, version_id: UUID, actor: Actor) -> None:
    if subscription.state not in _LIVE:
        raise NotPossible
    batch = Batch(actor=actor)
    _schedule_in(batch, subscription, plans.version(version_id))
    batch.write()


def _schedule_in(batch: Batch, subscription: Subscription, plan: PlanOffer) -> None:
    subscription.next_version_id = plan.version_id
    subscription.next_quantity = subscription.next_quantity or subscription.quantity
    subscription.next_unit_price = plan.prices[subscription.currency]
    batch.keep(subscription)
    batch.tell(events.CHANGE_SCHEDULED, subscription)
