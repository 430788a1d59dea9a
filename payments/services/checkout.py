"""Checkout: what the buyer's form does, whole. Priced, assessed, placed, and opened at the channel."""

from kernel.errors import Problem
from risk.facts import Decision, Facts
from risk.services import assessment

from ..errors import FormReused, RiskRefused
from . import attempts, baskets, codes, orders
from .baskets import Asked, Basket
from .orders import Placed


def buy(basket: Basket) -> Placed:
    """Place an order and open its first payment. A form that was sent before gives the order that it made.

    Raises NotFound, NotForSale, BadQuantity, PriceChanged, MethodUnavailable, RiskRefused, OutOfStock,
    TooManyUnpaid, HoldsTooMuch, FormReused, CouponRefused; then nothing was written, nothing is to be paid.
    """
    asked = baskets.ask(basket)
    try:
        asked = codes.judged(asked)
        decision = assess(asked)
        placed = orders.place(asked, decision_id=decision.id, review=decision.needs_review)
    except FormReused:
        raise
    except Problem:
        # The second tap of a finger may be refused for what the first one took: its order stands.
        again = orders.find_placed(asked)
        if again is None:
            raise
        return again
    if not asked.choice.method.offline_create and not placed.again:
        attempts.start(placed.payment_id)
    return placed


def assess(asked: Asked) -> Decision:
    """What risk says of a basket. No transaction is open. Raises RiskRefused."""
    basket, offer = asked.basket, asked.offer
    decision = assessment.assess(
        Facts(
            merchant_id=offer.merchant_id,
            book=offer.book,
            store_id=offer.store_id,
            product_id=offer.product_id,
            quantity=asked.quote.quantity,
            total=asked.total,
            method=basket.method,
            contact=basket.contact,
            address=basket.address,
            device=basket.device_token,
        )
    )
    if decision.is_blocked:
        raise RiskRefused
    return decision
