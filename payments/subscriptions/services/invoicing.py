"""Invoices of periods and changes, each with the order that asks for it, as parts of a batch."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Max

import vault
from kernel import clock, ids
from merchants.services import plans
from payments.models import Order
from payments.services import accounts, period_orders
from payments.services.period_orders import Ask

from ..billing import dunning, proration
from ..billing.proration import Line, LineKind, Terms
from ..models import Invoice, Subscription
from ..states import InvoiceKind
from . import lives
from .batch import Batch
from .policies import Rules

CONTACT = "payments.subscription.contact"
AFTER_LAST = timedelta(minutes=15)
"""How long a period's order outlives the schedule, which ends it itself: its page names this as the end."""


def numbers(subscription_ids: Collection[UUID]) -> dict[UUID, int]:
    """The number of each subscription's latest invoice."""
    rows = Invoice.objects.filter(subscription_id__in=subscription_ids).values_list("subscription_id")
    return dict(rows.annotate(Max("number")))


def renewal(
    batch: Batch, subscription: Subscription, rules: Rules, *, due: datetime, number: int
) -> tuple[Invoice, Order | None]:
    """The invoice of the period after the last one, by what was agreed for it; with its order, where money
    is asked for.
    """
    version_id = subscription.next_version_id or subscription.version_id
    terms = Terms(
        subscription.next_quantity or subscription.quantity,
        subscription.next_unit_price or subscription.unit_price,
    )
    plan = plans.version(version_id)
    follows = due == subscription.period_ends and lives.same_interval(lives.plan_of(subscription), plan)
    anchor, step = (subscription.anchor_at, subscription.step + 1) if follows else (due, 1)
    ends = lives.period_end(subscription, plan, anchor or due, step)
    line = Line(LineKind.PERIOD, terms.price, due, ends, terms.quantity, terms.unit_price)
    return write(
        batch,
        subscription,
        InvoiceKind.RENEWAL,
        [line],
        terms=terms,
        version_id=version_id,
        period=subscription.period + 1,
        times=(due, ends),
        number=number,
        due=due,
        expires_at=dunning.last_try(due, rules.retry_days) + AFTER_LAST,
    )


def write(
    batch: Batch,
    subscription: Subscription,
    kind: InvoiceKind,
    lines: Sequence[Line],
    *,
    terms: Terms,
    version_id: UUID,
    period: int | None,
    times: tuple[datetime, datetime] | None,
    number: int,
    due: datetime,
    expires_at: datetime,
) -> tuple[Invoice, Order | None]:
    """An invoice for these lines, paid by the balance as far as that goes; with the order for the rest."""
    owed = proration.net(lines)
    settled = proration.settle(owed, subscription.balance, least=least_of(subscription))
    invoice = Invoice(
        **_whose(subscription),
        id=ids.new(),
        number=number,
        kind=kind,
        period=period,
        period_starts=times[0] if times else None,
        period_ends=times[1] if times else None,
        version_id=version_id,
        quantity=terms.quantity,
        unit_price=terms.unit_price,
        lines=[each.shown for each in lines],
        subtotal=owed,
        balance_used=settled.used,
        total=settled.total,
        created_at=clock.now(subscription.merchant),
        due_at=due,
    )
    if invoice.total:
        invoice.order = period_orders.order_of(_ask(subscription, invoice, expires_at))
        batch.orders.append(invoice.order)
    batch.add(invoice)
    return invoice, invoice.order


def coming(subscription: Subscription) -> int:
    """What the next period will ask for, in minor units; nothing, where the balance pays for it."""
    price = lives.next_price(subscription)
    return proration.settle(price, subscription.balance, least=least_of(subscription)).total


def least_of(subscription: Subscription) -> int:
    """The least amount, in minor units, that one of the merchant's channels takes in this currency."""
    able = [till.channel.capabilities for till in accounts.tills(subscription.merchant_id)]
    # A channel that does not take the currency at all says nothing of how little of it can be paid.
    takers = [each for each in able if subscription.currency in each.currencies]
    amounts = [each.min_amount.get(subscription.currency, 1) for each in takers]
    return min(amounts, default=1)


def contact_of(subscription: Subscription) -> str:
    """The buyer's e-mail address, opened."""
    return vault.open(
        subscription.merchant_id, subscription.contact, context=CONTACT, row=subscription.pk
    ).decode()


def _whose(subscription: Subscription) -> dict[str, Any]:
    return {
        "subscription": subscription,
        "merchant_id": subscription.merchant_id,
        "book": subscription.book,
        "currency": subscription.currency,
    }


def _ask(subscription: Subscription, invoice: Invoice, expires_at: datetime) -> Ask:
    now = invoice.created_at
    return Ask(
        subscription_id=subscription.pk,
        form_key=invoice.pk,
        merchant_id=subscription.merchant_id,
        book=subscription.book,
        store_id=subscription.store_id,
        product_id=subscription.product_id,
        title=subscription.title,
        quantity=invoice.quantity,
        unit_price=invoice.unit_price,
        total=invoice.total,
        currency=subscription.currency,
        contact=contact_of(subscription),
        contact_key=bytes(subscription.contact_key),
        buyer_key=bytes(subscription.buyer_key),
        address_key=bytes(subscription.address_key),
        language=subscription.language,
        device=subscription.device,
        now=now,
        expires_at=max(expires_at, now + timedelta(minutes=30)),
    )
