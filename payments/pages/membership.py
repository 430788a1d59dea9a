"""The product page of a membership: its plans, in the currency that the buyer chose."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language

from kernel import ids
from kernel.errors import Invalid, NotFound, said
from kernel.money import Money
from merchants.plan_offers import PlanOffer
from merchants.services import plans
from merchants.services.catalogue import Offer
from web.answers import SeeOther
from web.secrecy import hide

from .. import memberships
from ..agents import device_of
from ..forms import CODE_MAX, Checkout
from ..services import checkout
from ..services.baskets import Basket
from ..shelf import Goods, Shop


@dataclass(frozen=True, slots=True)
class PlanCard:
    """A plan as a radio card; `price` is of one, for one period."""

    plan: PlanOffer
    price: Money
    is_chosen: bool

    @property
    def key(self) -> str:
        """What the form sends: the version, so that what was shown is what is ordered."""
        return ids.encode("plv", self.plan.version_id)


def buy(request: HttpRequest, offer: Offer) -> HttpResponse:
    """Order what the form asks for: leads to the order, or, for a trial, to the subscription."""
    sent, meta = request.POST, request.META
    asked = Checkout.read(sent)
    version = _version(sent.get("plan", ""))
    plan = next((one for one in plans.on_sale(offer.product_id) if one.version_id == version), None)
    currency = sent.get("currency", "")
    if plan is None or currency not in plan.prices:
        raise Invalid(errors={"plan": [said("Choose a plan.")]})
    consents = sent.get("consents") == "yes"
    if consents and sent.get("words_for", "") != str(asked.quantity):
        # What is agreed to is what was read: the words name the sum of a period.
        again = said("The words name another sum for this quantity. Read them once more, then go on.")
        raise Invalid(errors={"consents": [again]})
    basket = Basket(
        product_id=offer.product_id,
        quantity=asked.quantity,
        contact=asked.email,
        method=asked.method,
        form_key=asked.form_key,
        address=meta.get("REMOTE_ADDR", ""),
        language=get_language() or "zh-hans",
        device=device_of(meta.get("HTTP_USER_AGENT", "")),
        codes=() if sent.get("trial") == "yes" else asked.codes,
        plan=memberships.Wish(plan.version_id, currency, consents=consents),
    )
    if plan.trial_days and sent.get("trial") == "yes":
        return _to(memberships.port().trial(basket))
    return _to(f"/o/{checkout.buy(basket).token}/")


def page(
    request: HttpRequest, shop: Shop, goods: Goods, *, methods: list[dict[str, Any]], more: dict[str, Any]
) -> HttpResponse:
    """The page with the plans on sale and the form that orders one."""
    asked = request.POST if request.method == "POST" else request.GET
    facts = facts_of(asked, shop, goods) | more
    facts |= {"methods": methods, "any_keeps": any(each["keeps"] for each in methods)}
    facts |= {
        "sent": {
            "email": asked.get("email", "")[:200],
            "quantity": asked.get("quantity", "")[:8] or "1",
            "code": asked.get("code", "").strip()[:CODE_MAX],
            "consents": asked.get("consents") == "yes",
            "trial": asked.get("trial", "yes" if request.method != "POST" else "") == "yes",
        }
    }
    response = render(request, "storefront/membership.html", facts, status=more.get("status", 200))
    # Each showing carries a key of its own: a kept page would place the same order again.
    response.headers["Cache-Control"] = "no-store"
    return response


def facts_of(asked: Mapping[str, str], shop: Shop, goods: Goods) -> dict[str, Any]:
    """What the templates of a membership show. `asked` may name a `currency` and a `plan`."""
    currencies = currencies_of(goods)
    currency = asked.get("currency", "")
    if currency not in currencies:
        currency = goods.currency
    cards = cards_of(goods, currency, asked.get("plan", ""))
    quantity = _quantity(asked.get("quantity", ""))
    return {
        "shop": shop,
        "goods": goods,
        "currency": currency,
        "currencies": currencies,
        "cards": cards,
        "words": [_words(shop, goods, card, quantity) for card in cards],
        "words_for": quantity,
        "has_trial": any(card.plan.trial_days for card in cards),
    }


def total_of(cards: list[PlanCard]) -> Money | None:
    """What the chosen plan costs for one."""
    return next((card.price for card in cards if card.is_chosen), None)


def _quantity(typed: str) -> int:
    """The quantity whose sum the words name; one, where none can be read."""
    return int(typed) if re.fullmatch(r"[1-9][0-9]{0,3}", typed.strip(), re.ASCII) else 1


def _words(shop: Shop, goods: Goods, card: PlanCard, quantity: int) -> tuple[str, str]:
    text = memberships.port().words(
        store_id=shop.id,
        merchant_id=shop.merchant_id,
        plan=card.plan,
        title=goods.name,
        price=card.price * quantity,
        language=get_language() or "zh-hans",
    )
    return card.plan.name, text


def _version(key: str) -> UUID | None:
    try:
        return ids.decode("plv", key[:40])
    except NotFound:
        return None


def _to(address: str) -> HttpResponse:
    response = SeeOther(address)
    hide(response)
    return response


def currencies_of(goods: Goods) -> list[str]:
    """Those in which a plan has a price, the product's own first."""
    known = {code for plan in goods.plans for code in plan.prices}
    return [goods.currency, *sorted(known - {goods.currency})]


def cards_of(goods: Goods, currency: str, chosen: str) -> list[PlanCard]:
    """The plans that have a price in this currency; the chosen one, else the first, is marked."""
    sold = [plan for plan in goods.plans if currency in plan.prices]
    keys = [ids.encode("plv", plan.version_id) for plan in sold]
    marked = chosen if chosen in keys else (keys[0] if keys else "")
    return [PlanCard(plan, plan.price(currency), key == marked) for plan, key in zip(sold, keys, strict=True)]
