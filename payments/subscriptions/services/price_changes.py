"""Changes of price for those who have an older version: offered with notice, and taken only with consent.

A version that is no dearer, for the same interval, is taken at the end of the period without being asked for.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q, QuerySet

import audit
from kernel import clock
from kernel.actors import SYSTEM, Actor
from kernel.money import Money
from merchants.models import PlanVersion
from merchants.services import plans
from merchants.services.plans import PlanOffer

from .. import events
from ..errors import NotPossible
from ..models import PriceChange, Subscription
from ..states import PRICE_CHANGE, PriceChangeState, SubscriptionState
from . import consenting, lives, store
from .batch import Batch, planned

_LIVE = (SubscriptionState.TRIALING, SubscriptionState.ACTIVE, SubscriptionState.PAUSED)
NOTICE = timedelta(days=30)
"""How long an offer to a paused subscription stands."""

_LOT = 200


@dataclass(frozen=True, slots=True)
class Offered:
    """What an offer comes to: so many are asked, and so many get it unasked, since it is no dearer."""

    asked: int
    taken: int


def outlook(plan: PlanOffer) -> Offered:
    """What an offer of this version would come to now."""
    asked = taken = 0
    for row in _older(plan).select_related("merchant"):
        is_taken = _is_taken(row, plan)
        asked, taken = asked + (is_taken is False), taken + (is_taken is True)
    return Offered(asked, taken)


def offer(version_id: UUID, *, actor: Actor) -> Offered:
    """Offer a published version to everybody who goes on with an older one of its plan.

    Offered again, it goes to those only to whom it was not. Who leaves, or has another change planned, is
    left alone.
    """
    plan = plans.version(version_id)
    keys = list(_older(plan).values_list("pk", flat=True))
    lots = [_offer(keys[at : at + _LOT], plan, actor) for at in range(0, len(keys), _LOT)]
    offered = Offered(sum(lot.asked for lot in lots), sum(lot.taken for lot in lots))
    audit.record(
        actor,
        "plan.offered",
        ("plan", plan.plan_id),
        merchant_id=plan.merchant_id,
        facts={"version": plan.number, "asked": offered.asked, "taken": offered.taken},
    )
    return offered


def accept(change: PriceChange, *, actor: Actor) -> None:
    """The buyer agrees: it holds from the next period on, and the kept method may be charged for it.

    Raises NotPossible.
    """
    with transaction.atomic():
        subscription, row = _locked(change)
        _enter(row, PriceChangeState.ACCEPTED, subscription)
        _schedule(subscription, row.to_version_id, actor)
        price = Money(lives.next_price(subscription), subscription.currency)
        if consenting.exceeds(subscription, price.amount):
            plan = plans.version(row.to_version_id)
            consenting.widen(subscription, plan, price, clock.now(subscription.merchant))


def decline(change: PriceChange, *, actor: Actor) -> None:
    """The buyer does not agree: nothing changes. Raises NotPossible."""
    with transaction.atomic():
        subscription, row = _locked(change)
        _enter(row, PriceChangeState.DECLINED, subscription)
        _tell_of_no(subscription, "declined", actor)


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
                _tell_of_no(subscription, "unanswered", SYSTEM)
                done += 1
    return done


def _older(plan: PlanOffer) -> QuerySet[Subscription]:
    """Who goes on with an older version and was not offered this one."""
    older = PlanVersion.objects.filter(plan_id=plan.plan_id, number__lt=plan.number)
    rows = Subscription.objects.filter(
        product_id=plan.product_id,
        state__in=_LIVE,
        version_id__in=older.values("pk"),
        cancel_at_end=False,
        next_version_id__isnull=True,
    )
    asked = PriceChange.objects.filter(Q(state=PriceChangeState.OFFERED) | Q(to_version_id=plan.version_id))
    return rows.exclude(pk__in=asked.values("subscription_id"))


def _is_taken(subscription: Subscription, plan: PlanOffer) -> bool | None:
    """Whether it is no dearer, for the same interval; None: it is not sold in this currency."""
    price = plan.prices.get(subscription.currency)
    if price is None:
        return None
    is_same = lives.same_interval(lives.plan_of(subscription), plan)
    return is_same and price <= subscription.unit_price


def _offer(keys: list[UUID], plan: PlanOffer, actor: Actor) -> Offered:
    with transaction.atomic():
        batch, offers, taken = Batch(actor=actor), [], 0
        for subscription in store.lock(keys).values():
            is_taken = _is_taken(subscription, plan)
            if subscription.state not in _LIVE or subscription.next_version_id or is_taken is None:
                continue
            if is_taken:
                _schedule_in(batch, subscription, plan)
                taken += 1
                continue
            change = _change(subscription, plan)
            offers.append(change)
            since = change.effective_from.isoformat()
            batch.tell(
                events.PRICE_CHANGE_OFFERED, subscription, effective_from=since, new_price=change.new_price
            )
        PriceChange.objects.bulk_create(offers)
        batch.write()
    return Offered(len(offers), taken)


def _change(subscription: Subscription, plan: PlanOffer) -> PriceChange:
    now = clock.now(subscription.merchant)
    return PriceChange(
        subscription=subscription,
        to_version_id=plan.version_id,
        old_price=subscription.unit_price,
        new_price=plan.prices[subscription.currency],
        effective_from=_effective(subscription, now),
        offered_at=now,
    )


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


def _tell_of_no(subscription: Subscription, reason: str, actor: Actor) -> None:
    batch = Batch(actor=actor)
    batch.tell(events.PRICE_CHANGE_DECLINED, subscription, reason=reason)
    batch.write()


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
    batch.tell(events.CHANGE_SCHEDULED, subscription, **planned(subscription))
