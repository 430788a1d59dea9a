"""Coupon codes of an order, from the basket on: judged, reserved, redeemed, given back, taken again."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import vault
from kernel import clock
from kernel.actors import ActorKind
from kernel.money import Money
from merchants.coupon_errors import CouponUnknown
from merchants.services import coupons
from merchants.services.catalogue import Offer
from merchants.services.coupons import Discount
from web import limits
from web.hops import network_of

from ..errors import TooManyGuesses
from ..models import Order
from ..states import Use
from . import accounts
from .baskets import CONTACT, Asked, contact_key
from .receipts import Sale
from .verdicts import Standing

_GUESSES = "coupon.unknown"
_GUESSES_MOST = 20
_GUESSES_PER = timedelta(minutes=10)


def judged(asked: Asked) -> Asked:
    """The same basket with what its codes take off, and who takes the money that is left.

    Raises the CouponRefused of the first code that does not hold, MethodUnavailable.
    """
    basket, offer = asked.basket, asked.offer
    if not basket.codes:
        return asked
    asker = network_of(basket.address) if basket.actor.kind == ActorKind.BUYER else ""
    discount = judge(offer, basket.codes, asked.quote.total, contact=basket.contact, asker=asker)
    total = Money(asked.quote.total.amount - discount.amount, asked.quote.total.currency)
    choice = accounts.choice(offer.merchant_id, basket.method, total)
    return replace(asked, discount=discount, choice=choice)


def judge(offer: Offer, codes: tuple[str, ...], subtotal: Money, *, contact: str, asker: str) -> Discount:
    """What codes take off an offer's price now, for the buyer of this e-mail address, if one is given.

    Who names codes that are not there is slowed down by network; `asker` empty: a program that may ask.
    Raises CouponRefused.
    """
    try:
        if asker:
            limits.check(_GUESSES, asker, most=_GUESSES_MOST)
        return coupons.judge(
            offer,
            codes,
            subtotal,
            buyer_key=coupons.buyer_key(offer.merchant_id, contact) if contact else None,
            is_first=is_first(offer.merchant_id, contact),
            now=clock.now(offer),
        )
    except limits.TooOften as refusal:
        raise TooManyGuesses(**refusal.context) from refusal
    except CouponUnknown:
        if asker:
            limits.add(_GUESSES, asker, 1, per=_GUESSES_PER)
        raise


def reserve(asked: Asked, order_id: UUID, *, now: datetime) -> None:
    """Take a use of each code for an order, in the caller's transaction. Raises CouponRefused."""
    offer = asked.offer
    key = coupons.buyer_key(offer.merchant_id, asked.basket.contact)
    coupons.reserve(order_id, offer, asked.discount, buyer_key=key, now=now)


def is_first(merchant_id: UUID, contact: str) -> Callable[[], bool]:
    """Whether a buyer has paid no order of the merchant's yet; asked when called.

    An address with a tag (`me+1@…`) is looked for without it as well.
    """

    def asked() -> bool:
        name, at, domain = contact.partition("@")
        keys = {contact_key(merchant_id, text) for text in (contact, name.partition("+")[0] + at + domain)}
        paid = Order.objects.filter(
            store__merchant_id=merchant_id, contact_key__in=keys, paid_at__isnull=False
        )
        return not paid.exists()

    return asked


def redeem(sales: Sequence[Sale], now: datetime) -> None:
    """The money of orders came: the uses of those that have codes are for good."""
    for sale in sales:
        if sale.standing.discount and sale.use is Use.APPLIED:
            coupons.redeem([sale.standing.order_id], at=now + sale.standing.clock_ahead)


def take_again(standing: Standing, now: datetime) -> bool:
    """Whether an order that had ended could have its codes once more; it has them then."""
    order = Order.objects.get(pk=standing.order_id)
    contact = vault.open(order.merchant_id, order.contact, context=CONTACT, row=order.pk).decode()
    return coupons.take_again(
        order.pk, is_first=is_first(order.merchant_id, contact), at=now + standing.clock_ahead
    )


def give_back(ended: Sequence[tuple[UUID, int]], now: datetime) -> None:
    """Free the codes of orders that ended: pairs of an order and what was taken off it."""
    having = [order_id for order_id, discount in ended if discount]
    if having:
        coupons.give_back(having, at=now)


def follow_refunds(order: Order, *, refunded: bool) -> None:
    """A whole refund frees an order's codes; one that comes back takes them again, where they are left."""
    if not order.discount:
        return
    now = clock.now(order.merchant)
    if refunded:
        coupons.give_back([order.pk], at=now)
    else:
        coupons.restore(order.pk, at=now)
