"""Baskets: what a checkout form asks for, and what the catalogue says of it."""

from dataclasses import dataclass
from uuid import UUID

import vault
from kernel import emails
from kernel.actors import BUYER, Actor
from kernel.money import Money
from merchants.services import catalogue
from merchants.services.catalogue import Offer, Quote
from merchants.services.coupons import NO_DISCOUNT, Discount
from web.hops import network_of

from .. import memberships
from ..errors import PriceChanged
from ..states import Device
from . import accounts, memos

CONTACT = "payments.order.contact"
ADDRESS = "payments.order.address"


@dataclass(frozen=True, slots=True)
class Basket:
    """A checkout form, parsed. `form_key` is the form's own, so that two sendings make one order.

    `address` is the buyer's network address from the trusted hop, or what a merchant's program says it is.
    `agreed` is the total that the buyer saw before any discount, `codes` are normalised coupon codes,
    `device_token` the browser's own, where it has one. `actor` places the order: the buyer, or a program that
    keeps a `memo` with it. `plan` is what a membership is bought by.
    """

    product_id: UUID
    quantity: int
    contact: str
    method: str
    form_key: UUID
    address: str
    language: str
    device: Device
    agreed: Money | None = None
    codes: tuple[str, ...] = ()
    device_token: str = ""
    actor: Actor = BUYER
    memo: memos.Draft | None = None
    plan: memberships.Wish | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A basket with what the catalogue and the merchant's accounts say of it. Nothing is written yet."""

    basket: Basket
    offer: Offer
    quote: Quote
    choice: accounts.Choice
    contact_key: bytes
    address_key: bytes
    discount: Discount = NO_DISCOUNT

    @property
    def total(self) -> Money:
        """What is to be paid."""
        return Money(self.quote.total.amount - self.discount.amount, self.quote.total.currency)

    @property
    def title(self) -> str:
        """The product's name in the buyer's language, where it has one."""
        first, second = self.offer.name_en, self.offer.name_zh
        if self.basket.language.startswith("zh"):
            first, second = second, first
        return first or second


def ask(basket: Basket) -> Asked:
    """Price a basket and find who takes the money, from the catalogue alone; no transaction, no writing.

    Raises NotFound, NotForSale, BadQuantity, PlanUnavailable, PriceChanged, MethodUnavailable.
    """
    offer = catalogue.offer(basket.product_id)
    quote = _quote(offer, basket)
    if basket.agreed is not None and basket.agreed != quote.total:
        raise PriceChanged(total=quote.total)
    return Asked(
        basket=basket,
        offer=offer,
        quote=quote,
        choice=accounts.choice(offer.merchant_id, basket.method, quote.total),
        contact_key=contact_key(offer.merchant_id, basket.contact),
        address_key=vault.fingerprint(offer.merchant_id, network_of(basket.address), purpose=ADDRESS),
    )


def _quote(offer: Offer, basket: Basket) -> Quote:
    if basket.plan is None:
        return offer.quote(basket.quantity)
    return memberships.port().quote(offer.product_id, basket.plan, basket.quantity)


def contact_key(merchant_id: UUID, contact: str) -> bytes:
    """The fingerprint under which a merchant's orders of one e-mail address are found."""
    return vault.fingerprint(merchant_id, emails.compared(contact), purpose=CONTACT)
