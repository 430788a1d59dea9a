"""Changes of plan and quantity: now, by the very lines that were shown, or with the next period."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Max

from kernel import clock
from kernel.actors import Actor, ActorKind
from kernel.money import Money
from merchants.errors import CurrencyNotSold
from merchants.services import plans
from merchants.services.plans import PlanOffer
from payments.models import Order

from .. import events
from ..billing import proration
from ..billing.proration import Line, Terms
from ..errors import (
    ConsentMissing,
    NotAllowed,
    NothingChanges,
    NotPossible,
    PlanUnavailable,
    PreviewOutdated,
)
from ..models import Invoice, Subscription
from ..states import InvoiceKind, InvoiceState, SubscriptionState
from . import consenting, deliveries, invoicing, lives, policies, settling, tries, worth
from .batch import Batch, planned

_S = SubscriptionState
PAID_WITHIN = timedelta(minutes=30)
"""How long a buyer may take to pay for a change; the period must last longer."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What a change now would cost, as it was computed at `at`: confirm it within MOVES_LITTLE.

    `net`: the sum of the lines; `due`: what is charged, `balance`: what the balance is afterwards.
    `needs_consent`: it is more than the kept method was agreed for. `drops_planned`: another change waits for
    the period's end, and will not be made.
    """

    lines: tuple[Line, ...]
    net: Money
    due: Money
    balance: Money
    at: datetime
    period_ends: datetime
    needs_consent: bool
    drops_planned: bool


@dataclass(frozen=True, slots=True)
class Changed:
    """A change that took effect, or waits for its order to be paid."""

    subscription: Subscription
    invoice: Invoice
    order: Order | None  # to be paid by the buyer; None: nothing is left to pay


MOVES_LITTLE = timedelta(minutes=15)
"""For how long a preview is good: what was shown is what is charged, though time goes on."""


def preview(
    subscription: Subscription, *, version_id: UUID, quantity: int, at: datetime | None = None
) -> Preview:
    """What a change now would cost. Raises NotPossible, NothingChanges, PlanUnavailable, BadQuantity.

    To charge a period anew that changes in nothing would take back what a coupon took off it.
    """
    plan, terms = _wanted(subscription, version_id, quantity)
    at = at or clock.now(subscription.merchant)
    starts, ends = subscription.period_starts, subscription.period_ends
    if subscription.state not in (_S.ACTIVE, _S.TRIALING) or subscription.cancel_at_end:
        raise NotPossible
    if starts is None or ends is None or at >= ends:
        raise NotPossible
    _check_differs(subscription, version_id, quantity)
    old = Terms(subscription.quantity, subscription.unit_price)
    period = worth.period(subscription)
    lines: tuple[Line, ...]
    if subscription.state == _S.TRIALING:
        lines, new_ends = (), ends
    elif lives.same_interval(lives.plan_of(subscription), plan):
        lines, new_ends = proration.of_rest(period, old, terms, at), ends
    else:
        new_ends = lives.period_end(subscription, plan, at, 1)
        lines = proration.of_new_period(period, old, terms, at, new_ends)
    net = proration.net(lines)
    settled = proration.settle(net, subscription.balance, least=invoicing.least_of(subscription))
    money = [Money(each, subscription.currency) for each in (net, settled.total)]
    balance = Money(subscription.balance - settled.used, subscription.currency)
    needs = consenting.exceeds(subscription, max(terms.price, settled.total))
    drops = subscription.next_version_id is not None
    return Preview(lines, money[0], money[1], balance, at, new_ends, needs, drops)


def now(
    subscription: Subscription,
    *,
    version_id: UUID,
    quantity: int,
    agreed: Money,
    at: datetime,
    consents: bool = False,
    actor: Actor,
) -> Changed:
    """Change at once, for what was shown: `agreed` is the preview's `due`, `at` its time.

    What is to be paid is charged to the kept method; without one, or where its bank refuses, its order waits
    for the buyer, and the change takes effect when it is paid. Raises NotAllowed, NotPossible, BeingPaid,
    NothingChanges, PlanUnavailable, BadQuantity, PreviewOutdated, ConsentMissing.
    """
    _check_allowed(subscription, actor)
    settling.clear(subscription, actor=actor, reason="changed")
    with settling.locked(subscription, _S.ACTIVE, _S.TRIALING) as row:
        shown = preview(row, version_id=version_id, quantity=quantity, at=_good(row, at))
        if shown.due != agreed:
            raise PreviewOutdated(total=shown.due)
        if shown.needs_consent and not consents:
            raise ConsentMissing
        plan, terms = _wanted(row, version_id, quantity)
        if shown.needs_consent:
            _widen(row, plan, terms)
        invoice, order = _write(row, shown, plan, terms, actor)
    if order is not None:
        tries.charge(row, invoice)
        order.refresh_from_db()
        invoice.refresh_from_db()
    fresh = Subscription.objects.select_related("merchant").get(pk=row.pk)
    return Changed(fresh, invoice, order if order and order.paid_at is None else None)


def at_end(
    subscription: Subscription, *, version_id: UUID, quantity: int, consents: bool = False, actor: Actor
) -> Subscription:
    """Change with the next period. One that costs more than the kept method was agreed for needs `consents`.

    Raises NotAllowed, NotPossible, BeingPaid, NothingChanges, PlanUnavailable, BadQuantity, ConsentMissing.
    """
    _check_allowed(subscription, actor)
    settling.clear(subscription, actor=actor, reason="changed")
    with settling.locked(subscription, _S.ACTIVE, _S.TRIALING) as row:
        if row.cancel_at_end:
            raise NotPossible
        if row.next_version_id is None:
            _check_differs(row, version_id, quantity)
        plan, terms = _wanted(row, version_id, quantity)
        if consenting.exceeds(row, terms.price):
            if not consents:
                raise ConsentMissing
            _widen(row, plan, terms)
        row.next_version_id, row.next_quantity = version_id, quantity
        row.next_unit_price = terms.unit_price
        _tell(row, events.CHANGE_SCHEDULED, actor, **planned(row))
    return row


def undo(subscription: Subscription, *, actor: Actor) -> Subscription:
    """Nothing changes with the next period after all."""
    settling.clear(subscription, actor=actor, reason="changed")
    with settling.locked(subscription, _S.ACTIVE, _S.TRIALING, _S.PAUSED) as row:
        if row.next_version_id is not None:
            lives.forget_next(row)
            _tell(row, events.CHANGE_UNDONE, actor)
    return row


def _tell(subscription: Subscription, topic: str, actor: Actor, **facts: Any) -> None:
    batch = Batch(actor=actor)
    batch.keep(subscription)
    batch.tell(topic, subscription, **facts)
    batch.write()


def _write(
    row: Subscription, shown: Preview, plan: PlanOffer, terms: Terms, actor: Actor
) -> tuple[Invoice, Order | None]:
    moment = clock.now(row.merchant)
    begins_anew = shown.period_ends != row.period_ends
    batch = Batch(actor=actor)
    invoice, order = invoicing.write(
        batch,
        row,
        InvoiceKind.CHANGE,
        shown.lines,
        terms=terms,
        version_id=plan.version_id,
        period=row.period + 1 if begins_anew else None,
        times=(moment, shown.period_ends) if begins_anew else None,
        number=invoicing.numbers([row.pk]).get(row.pk, 0) + 1,
        due=moment,
        expires_at=moment + PAID_WITHIN,
    )
    if order is None:
        deliveries.apply(batch, invoice, moment, policies.of(row.merchant_id))
    batch.write()
    return invoice, order


def _wanted(subscription: Subscription, version_id: UUID, quantity: int) -> tuple[PlanOffer, Terms]:
    """The plan that is wanted, if it is sold; its own version is always possible, at its own price."""
    offers = {each.version_id: each for each in plans.on_sale(subscription.product_id)}
    offers.setdefault(subscription.version_id, lives.plan_of(subscription))
    plan = offers.get(version_id)
    if plan is None:
        raise PlanUnavailable
    try:
        price = plan.total(subscription.currency, quantity)
    except CurrencyNotSold as refusal:
        raise PlanUnavailable from refusal
    return plan, Terms(quantity, price.amount // quantity)


def _check_differs(subscription: Subscription, version_id: UUID, quantity: int) -> None:
    if (version_id, quantity) == (subscription.version_id, subscription.quantity):
        raise NothingChanges


def _check_allowed(subscription: Subscription, actor: Actor) -> None:
    if actor.kind == ActorKind.BUYER and not policies.of(subscription.merchant_id).may_change:
        raise NotAllowed


def _good(subscription: Subscription, at: datetime) -> datetime:
    """The time of a preview, if it is good still. Raises NotPossible near the end of the period."""
    moment = clock.now(subscription.merchant)
    ends = subscription.period_ends
    if ends is None or ends - moment < PAID_WITHIN:
        raise NotPossible
    return at if max(moment - MOVES_LITTLE, _changed_at(subscription)) <= at <= moment else moment


def _changed_at(subscription: Subscription) -> datetime:
    """When it last became what it is: what was shown before that was of something else."""
    paid = Invoice.objects.filter(subscription=subscription, state=InvoiceState.PAID)
    return paid.aggregate(last=Max("paid_at"))["last"] or subscription.created_at


def _widen(subscription: Subscription, plan: PlanOffer, terms: Terms) -> None:
    price = Money(terms.price, subscription.currency)
    consenting.widen(subscription, plan, price, clock.now(subscription.merchant))
