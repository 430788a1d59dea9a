"""Starts: a subscription and its first invoice, written with the order that pays it; or a trial."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction

import vault
from buyers.keys import email_key
from kernel import clock, ids
from kernel.errors import Invalid
from kernel.money import Money
from merchants.errors import CurrencyNotSold
from merchants.models import Merchant
from merchants.services import plans
from merchants.services.catalogue import Quote
from merchants.services.plans import PlanOffer
from payments.memberships import TRIAL_TAKES_NO_CODE, Wish
from payments.models import Order, Payment
from payments.services import accounts, baskets, checkout
from payments.services.baskets import Asked, Basket
from payments.services.orders import Draft
from payments.tokens import new_token

from .. import events
from ..billing.proration import Line, LineKind
from ..errors import ConsentMissing, PlanUnavailable, TrialRefused, TrialUsed
from ..models import Invoice, Mandate, Subscription
from ..states import InvoiceKind
from . import consenting, firsts, lives, mandates
from .batch import Batch
from .invoicing import CONTACT

SETUP_WITHIN = timedelta(hours=24)
"""How long a buyer may take to show the card that a trial needs."""


@dataclass(frozen=True, slots=True)
class Started:
    """A trial that was asked for. `url`: where the buyer shows a card first; empty: it has begun."""

    subscription_id: UUID
    token: str
    url: str = ""


def quote(product_id: UUID, wish: Wish, quantity: int) -> Quote:
    """What the plan costs for its first period. Raises PlanUnavailable, BadQuantity."""
    plan = _on_sale(product_id, wish)
    try:
        return Quote(quantity, plan.price(wish.currency), plan.total(wish.currency, quantity))
    except CurrencyNotSold as refusal:
        raise PlanUnavailable from refusal


def begin(asked: Asked, draft: Draft) -> None:
    """Write the subscription, its invoice and the mandate that were agreed to with an order just written."""
    wish = asked.basket.plan
    if wish is None or draft.subscription_id is None:
        raise ValueError("This basket is for no plan.")
    plan = plans.version(wish.version_id)
    subscription = _subscription(asked, plan, draft.subscription_id, draft.placed_at)
    ends = lives.period_end(subscription, plan, draft.placed_at, 1)
    line = Line(
        LineKind.PERIOD,
        asked.quote.total.amount,
        draft.placed_at,
        ends,
        asked.quote.quantity,
        asked.quote.unit_price.amount,
    )
    invoice = firsts.invoice_of(subscription, InvoiceKind.START, line, draft.placed_at)
    invoice.discount = asked.discount.amount
    invoice.total = asked.total.amount
    invoice.order_id = draft.order_id
    _write(subscription, invoice, Batch(actor=asked.basket.actor))
    if wish.consents and asked.choice.method.keeps:
        mandate = _mandate(
            subscription,
            plan,
            asked.choice.till.id,
            asked.choice.method.keeps,
            asked.quote.total,
            draft.placed_at,
        )
        mandate.payment_id = draft.payment_id
        _keep(subscription, mandate)


def trial(basket: Basket) -> Started:
    """Begin a trial: at once, or, where the method keeps a card, once the buyer has shown one.

    Risk is asked as for an order. Raises PlanUnavailable, TrialUsed, ConsentMissing, NotForSale,
    MethodUnavailable, RiskRefused, TrialRefused; and Invalid for codes, which only a payment can use.
    """
    asked = baskets.ask(basket)
    wish = basket.plan
    plan = _on_sale(asked.offer.product_id, wish) if wish else None
    if wish is None or plan is None or not plan.trial_days:
        raise PlanUnavailable
    key, now = email_key(basket.contact), clock.now(asked.offer)
    placed = Subscription.objects.filter(store_id=asked.offer.store_id, form_key=basket.form_key).first()
    if placed is not None:
        return _again(placed)
    if basket.codes:
        raise Invalid(errors={"code": [TRIAL_TAKES_NO_CODE]})
    if Subscription.objects.filter(product_id=plan.product_id, buyer_key=key, had_trial=True).exists():
        raise TrialUsed
    keeps = asked.choice.method.keeps
    if keeps and not wish.consents:
        raise ConsentMissing
    if checkout.assess(asked).needs_review:
        raise TrialRefused
    with _one_trial(), transaction.atomic():
        subscription = _subscription(asked, plan, ids.new(), now)
        if keeps:
            subscription.due_at = now + SETUP_WITHIN
            subscription.save(force_insert=True)
            mandate = _mandate(subscription, plan, asked.choice.till.id, keeps, asked.quote.total, now)
            _keep(subscription, mandate)
        else:
            subscription.save(force_insert=True)
            firsts.start_trial(subscription, now, actor=basket.actor)
    if not keeps:
        return Started(subscription.pk, subscription.token)
    return Started(subscription.pk, subscription.token, mandates.offer(mandate))


def _again(subscription: Subscription) -> Started:
    waiting = subscription.mandates.filter(state="offered").order_by("-id").first()
    return Started(subscription.pk, subscription.token, waiting.page_url if waiting else "")


class _one_trial:  # noqa: N801 (used as a statement)
    """The database keeps a buyer to one trial of a product; say so in words."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, IntegrityError) and "subscription_trial_once" in str(error):
            raise TrialUsed from error


def _on_sale(product_id: UUID, wish: Wish) -> PlanOffer:
    for plan in plans.on_sale(product_id):
        if plan.version_id == wish.version_id:
            return plan
    raise PlanUnavailable


def _subscription(asked: Asked, plan: PlanOffer, subscription_id: UUID, now: datetime) -> Subscription:
    basket, offer = asked.basket, asked.offer
    merchant = Merchant.objects.get(pk=offer.merchant_id)
    return Subscription(
        id=subscription_id,
        merchant=merchant,
        book=offer.book,
        store_id=offer.store_id,
        product_id=offer.product_id,
        version_id=plan.version_id,
        quantity=asked.quote.quantity,
        currency=asked.quote.total.currency,
        unit_price=asked.quote.unit_price.amount,
        title=asked.title,
        contact=vault.seal(offer.merchant_id, basket.contact, context=CONTACT, row=subscription_id),
        contact_key=asked.contact_key,
        buyer_key=email_key(basket.contact),
        address_key=asked.address_key,
        language=basket.language,
        device=basket.device,
        token=new_token(),
        form_key=basket.form_key,
        zone=merchant.time_zone,
        method=basket.method,
        created_at=now,
    )


def _write(subscription: Subscription, invoice: Invoice, batch: Batch) -> None:
    subscription.save(force_insert=True)
    batch.add(invoice)
    batch.tell(events.CREATED, subscription)
    batch.write()


def _mandate(
    subscription: Subscription, plan: PlanOffer, account_id: UUID, method: str, price: Money, now: datetime
) -> Mandate:
    consent = consenting.agree(subscription, plan, price, now)
    return consenting.offered(
        subscription, account_id=account_id, method=method, price=price, consent=consent, at=now
    )


def _keep(subscription: Subscription, mandate: Mandate) -> None:
    mandate.save(force_insert=True)
    Subscription.objects.filter(pk=subscription.pk).update(mandate_id=mandate.pk)
    subscription.mandate_id = mandate.pk


def keeps(payment: Payment) -> bool:
    """Whether the buyer of this payment has agreed that its method is kept."""
    if payment.mandate_id is not None:
        return False
    order: Order = payment.order
    method = accounts.method_named(payment.method)
    standing = Mandate.objects.filter(subscription_id__in=[order.subscription_id]).exclude(state="ended")
    return method is not None and bool(method.keeps) and standing.filter(method=method.keeps).exists()
