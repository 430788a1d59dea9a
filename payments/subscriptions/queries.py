"""Reads: a buyer's subscriptions, a merchant's, and what lies ahead of one."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from kernel.errors import NotFound
from kernel.money import Money
from merchants.models import Merchant
from merchants.services import plans
from payments.services.baskets import contact_key
from payments.tokens import TOKEN_LENGTH

from .billing import dunning
from .models import Invoice, Mandate, Subscription
from .services import invoicing, lives, policies
from .states import InvoiceState, MandateState, SubscriptionState

_S = SubscriptionState
_ASKED_MOST = 6
_WITH = ("merchant", "store", "product", "mandate")


@dataclass(frozen=True, slots=True)
class Ahead:
    """Something that will happen to a subscription by itself."""

    what: str  # notice, charge, change, pause, resume, end, try, give_up; by a link: link, due, remind
    at: datetime
    sum: Money | None = None


_BY_LINK = {"notice": "link", "charge": "due", "try": "remind"}
"""What comes instead where no kept method can be charged."""


def of_token(token: str) -> Subscription:
    """The subscription behind a token. Raises NotFound."""
    found = Subscription.objects.select_related(*_WITH).filter(token=token).first()
    if len(token) != TOKEN_LENGTH or found is None:
        raise NotFound
    return found


def of_buyer(buyer_keys: Collection[bytes]) -> QuerySet[Subscription]:
    """Those of these addresses, newest first; not those that never began."""
    return _shown().filter(buyer_key__in=list(buyer_keys))


def of_merchant(
    merchant: Merchant, *, states: Sequence[str] = (), contact: str = "", product_id: UUID | None = None
) -> QuerySet[Subscription]:
    """Those of a merchant, newest first."""
    found = _shown().filter(merchant=merchant)
    if states:
        found = found.filter(state__in=states)
    if contact:
        found = found.filter(contact_key=contact_key(merchant.pk, contact))
    return found.filter(product_id=product_id) if product_id else found


def invoices(subscription: Subscription) -> QuerySet[Invoice]:
    """Its invoices with their orders, newest first."""
    return subscription.invoices.select_related("order").order_by("-number")


def open_invoice(subscription: Subscription) -> Invoice | None:
    """What is to be paid now."""
    return invoices(subscription).filter(state=InvoiceState.OPEN).first()


def awaited(subscription: Subscription) -> Mandate | None:
    """The latest card of which the channel has not said yet that it keeps it."""
    if subscription.state == _S.ENDED:
        return None
    offered = subscription.mandates.filter(state=MandateState.OFFERED).order_by("-id").first()
    # One that was paid with, and still is not kept after many questions, will not be.
    is_late = offered is not None and offered.payment_id is not None and offered.asked > _ASKED_MOST
    return None if is_late else offered


def next_sum(subscription: Subscription) -> Money:
    """What the next period will ask for, after the balance: the very sum of its notice and its invoice."""
    return Money(invoicing.coming(subscription), subscription.currency)


def next_try(subscription: Subscription) -> datetime | None:
    """When the schedule tries what is owed again; None: not any more, or nothing is owed."""
    if subscription.state != _S.PAST_DUE or subscription.past_due_since is None:
        return None
    days = policies.of(subscription.merchant_id).retry_days
    return dunning.next_try(subscription.past_due_since, days, subscription.tries)


def ahead(subscription: Subscription, *, periods: int = 3) -> list[Ahead]:
    """What will happen by itself, in order: notices and charges of the next periods, or their end."""
    found = _ahead(subscription, periods)
    if subscription.mandate_id is not None and not (subscription.hard or subscription.needs_buyer):
        return found
    return [replace(each, what=_BY_LINK.get(each.what, each.what)) for each in found]


def _ahead(subscription: Subscription, periods: int) -> list[Ahead]:
    ends, rules = subscription.period_ends, policies.of(subscription.merchant_id)
    if subscription.state == _S.PAST_DUE and subscription.past_due_since is not None:
        return _of_schedule(subscription, subscription.past_due_since, rules)
    if subscription.state == _S.PAUSED:
        return (
            [Ahead("resume", subscription.resume_at, next_sum(subscription))]
            if subscription.resume_at
            else []
        )
    if subscription.state not in (_S.TRIALING, _S.ACTIVE) or ends is None:
        return []
    if subscription.cancel_at_end:
        return [Ahead("end", ends)]
    if subscription.pause_at_end:
        return [Ahead("pause", ends)]
    return _of_periods(subscription, ends, rules, periods)


def _of_periods(
    subscription: Subscription, ends: datetime, rules: policies.Rules, periods: int
) -> list[Ahead]:
    plan = plans.version(subscription.next_version_id or subscription.version_id)
    days = rules.notice_days(subscription.merchant.country)
    follows = lives.same_interval(lives.plan_of(subscription), plan) and subscription.anchor_at is not None
    anchor, step = (subscription.anchor_at, subscription.step) if follows else (ends, 0)
    found, starts, total = [], subscription.period_starts or ends, next_sum(subscription)
    for turn in range(periods):
        at = lives.period_end(subscription, plan, anchor or ends, step + turn) if turn else ends
        if turn or subscription.noticed <= subscription.period:
            found.append(Ahead("notice", dunning.notice_at(starts, at, days)))
        found.append(Ahead("charge", at, total))
        starts = at
        total = Money(lives.next_price(subscription), subscription.currency)
    return found


def _of_schedule(subscription: Subscription, due: datetime, rules: policies.Rules) -> list[Ahead]:
    tries = []
    for number in range(subscription.tries, len(rules.retry_days)):
        at = dunning.next_try(due, rules.retry_days, number)
        if at is not None:
            tries.append(Ahead("try", at, next_sum(subscription)))
    return [*tries, Ahead("give_up", dunning.last_try(due, rules.retry_days))]


def _shown() -> QuerySet[Subscription]:
    rows = Subscription.objects.select_related(*_WITH)
    return rows.exclude(state=_S.INCOMPLETE).exclude(end_reason="never_paid").order_by("-id")
