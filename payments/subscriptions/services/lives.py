"""What happens to a subscription in memory when it is paid, paused or ended. `batch` writes its locked row.

No queries but the plan's, which is kept.
"""

from datetime import datetime, timedelta
from decimal import Decimal

from merchants.services import plans
from merchants.services.plans import PlanOffer

from ..billing import dunning, recurring
from ..billing.anchors import Unit, boundary
from ..models import Invoice, Subscription
from ..states import EndReason, InvoiceKind, SubscriptionState
from . import store
from .policies import Rules

_S = SubscriptionState

TAKES_A_WHILE = timedelta(hours=1)
"""How long after it was due a period may be paid and still count from then, where there is no grace."""


def plan_of(subscription: Subscription) -> PlanOffer:
    """The version that the subscription is for."""
    return plans.version(subscription.version_id)


def period_end(subscription: Subscription, plan: PlanOffer, anchor: datetime, step: int) -> datetime:
    """The end of an interval of this plan, counted from an anchor, where the merchant lives."""
    return boundary(anchor, subscription.zone, Unit(plan.unit), plan.count, step)


def next_due(subscription: Subscription, rules: Rules) -> datetime:
    """When something is to be done next with one whose period is paid: its notice, or its end."""
    starts, ends = subscription.period_starts, subscription.period_ends
    if starts is None or ends is None:
        raise ValueError("Nothing is paid yet.")
    ends_anyhow = subscription.cancel_at_end or subscription.pause_at_end
    if ends_anyhow or subscription.noticed > subscription.period:
        return ends
    return dunning.notice_at(starts, ends, rules.notice_days(subscription.merchant.country))


def pay(subscription: Subscription, invoice: Invoice, at: datetime, rules: Rules) -> None:
    """The invoice is paid: its terms hold, and the period that it is for, if any, is the subscription's.

    Gives the invoice the period's true times. `at` is when it was paid, on the merchant's clock.
    """
    before = plans.version(subscription.version_id)
    after = plans.version(invoice.version_id)
    is_planned = invoice.kind == InvoiceKind.RENEWAL and subscription.next_version_id == invoice.version_id
    if is_planned or invoice.kind == InvoiceKind.CHANGE:  # a change now is in the place of what was planned
        forget_next(subscription)
    subscription.version_id, subscription.quantity = invoice.version_id, invoice.quantity
    subscription.unit_price = invoice.unit_price
    if invoice.period is None:
        subscription.period_value = subscription.price.amount
    else:
        _begin_period(subscription, invoice, at, rules, before=before, after=after)
    if subscription.state not in (_S.ACTIVE, _S.TRIALING) or invoice.kind != InvoiceKind.CHANGE:
        store.move(subscription, _S.TRIALING if invoice.kind == InvoiceKind.TRIAL else _S.ACTIVE)
    subscription.started_at = subscription.started_at or at
    settle(subscription)
    subscription.due_at = next_due(subscription, rules)


def _begin_period(
    subscription: Subscription,
    invoice: Invoice,
    at: datetime,
    rules: Rules,
    *,
    before: PlanOffer,
    after: PlanOffer,
) -> None:
    starts = _start_of(invoice, at, rules)
    follows = starts == subscription.period_ends and same_interval(before, after)
    if invoice.kind == InvoiceKind.TRIAL:
        ends = at + timedelta(days=after.trial_days)
        subscription.anchor_at, subscription.step, subscription.trial_ends = ends, 0, ends
        subscription.had_trial = True
    elif follows and subscription.anchor_at is not None:
        subscription.step += 1
        ends = period_end(subscription, after, subscription.anchor_at, subscription.step)
    else:
        subscription.anchor_at, subscription.step = starts, 1
        ends = period_end(subscription, after, starts, 1)
    subscription.period = invoice.period or subscription.period
    subscription.period_starts, subscription.period_ends = starts, ends
    subscription.period_value = invoice.total + invoice.balance_used
    if invoice.kind == InvoiceKind.CHANGE:
        subscription.period_value = subscription.price.amount
    invoice.period_starts, invoice.period_ends = starts, ends


def _start_of(invoice: Invoice, at: datetime, rules: Rules) -> datetime:
    """A renewal counts from when it was due, unless it is paid after the grace: nobody pays for nothing."""
    if invoice.kind != InvoiceKind.RENEWAL:
        return at
    return invoice.due_at if is_in_time(invoice.due_at, at, rules) else at


def is_in_time(due: datetime, at: datetime, rules: Rules) -> bool:
    """Whether a period still counts from when it was due; without a grace a charge takes its while too."""
    return at <= max(grace_until(due, rules), due + TAKES_A_WHILE)


def grace_until(due: datetime, rules: Rules) -> datetime:
    """Until when a membership stays on unpaid."""
    return dunning.grace_until(due, rules.retry_days, rules.grace_days)


def same_interval(one: PlanOffer, other: PlanOffer) -> bool:
    """Whether periods of the two are of the same length."""
    return (one.unit, one.count) == (other.unit, other.count)


def settle(subscription: Subscription) -> None:
    """Nothing is owed: the marks of dunning go."""
    subscription.past_due_since = None
    subscription.tries = subscription.told_tries = 0
    subscription.needs_buyer = subscription.hard = False


def next_price(subscription: Subscription) -> int:
    """What the next period costs, in minor units, before the balance."""
    price = subscription.next_unit_price or subscription.unit_price
    return price * (subscription.next_quantity or subscription.quantity)


def forget_next(subscription: Subscription) -> None:
    """Nothing changes with the next period."""
    subscription.next_version_id = subscription.next_quantity = subscription.next_unit_price = None


def end(subscription: Subscription, reason: EndReason, at: datetime) -> None:
    """The subscription is over."""
    store.move(subscription, _S.ENDED)
    settle(subscription)
    forget_next(subscription)
    subscription.end_reason, subscription.ended_at = reason, at
    subscription.due_at = subscription.resume_at = None


def pause(subscription: Subscription) -> None:
    """The subscription rests until somebody, or `resume_at`, wakes it."""
    store.move(subscription, _S.PAUSED)
    settle(subscription)
    subscription.pause_at_end = False
    subscription.due_at = subscription.resume_at


def monthly(subscription: Subscription) -> Decimal:
    """What it is worth a month once it is paid for: nothing in a trial, paused or ended."""
    if subscription.state != _S.ACTIVE:
        return Decimal(0)
    plan = plan_of(subscription)
    return recurring.monthly(subscription.price.amount, Unit(plan.unit), plan.count)
