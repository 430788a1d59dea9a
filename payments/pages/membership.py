"""The product page of a membership: its plans, in the currency that the buyer chose."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language

from kernel import ids
from kernel.errors import Invalid, NotFound, said
from kernel.money import Money, exponent
from merchants.plan_offers import PlanOffer
from merchants.services import plans
from merchants.services.catalogue import Offer
from web.answers import SeeOther
from web.secrecy import hide

from .. import memberships
from ..agents import device_of
from ..errors import PriceChanged
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


@dataclass(frozen=True, slots=True)
class Words:
    """What the buyer of a plan lets a method be charged by. `key` is the plan's in the form."""

    key: str
    name: str
    text: str
    is_chosen: bool


def buy(request: HttpRequest, offer: Offer) -> HttpResponse:
    """Order what the form asks for: leads to the order, or, for a trial, to the subscription."""
    sent, meta = request.POST, request.META
    asked = Checkout.read(sent)
    plan, currency = chosen_plan(sent, offer, asked.quantity), sent.get("currency", "")
    agreed = plan.total(currency, asked.quantity)
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
        agreed=agreed,
        codes=asked.codes,
        plan=memberships.Wish(plan.version_id, currency, consents=consents),
    )
    if wants_trial(sent, plan):
        if asked.codes:
            raise Invalid(errors={"code": [memberships.TRIAL_TAKES_NO_CODE]})
        return _to(memberships.port().trial(basket))
    return _to(f"/o/{checkout.buy(basket).token}/")


def chosen_plan(sent: Mapping[str, str], offer: Offer, quantity: int) -> PlanOffer:
    """The plan that the form names, as it was shown. Raises Invalid, or PriceChanged."""
    version, currency = _version(sent.get("plan", "")), sent.get("currency", "")
    on_sale = plans.on_sale(offer.product_id)
    plan = next((one for one in on_sale if one.version_id == version), None)
    if plan is None and version is not None:
        before, plan = _replaced(version, on_sale)
        if before is not None and plan is not None and currency in plan.prices:
            if before.prices.get(currency) != plan.prices[currency]:
                raise PriceChanged(total=plan.total(currency, quantity))
            raise Invalid(errors={"plan": [said("The plan has changed. Look at it again, then go on.")]})
    if plan is None or currency not in plan.prices:
        raise Invalid(errors={"plan": [said("Choose a plan.")]})
    return plan


def wants_trial(sent: Mapping[str, str], plan: PlanOffer) -> bool:
    """Whether the form asks to begin with a trial that the plan has."""
    return bool(plan.trial_days) and sent.get("trial") == "yes"


def page(
    request: HttpRequest, shop: Shop, goods: Goods, *, methods: list[dict[str, Any]], more: dict[str, Any]
) -> HttpResponse:
    """The page with the plans on sale and the form that orders one."""
    asked = request.POST if request.method == "POST" else request.GET
    facts = facts_of(asked, shop, goods) | more
    facts |= {"methods": methods, "any_keeps": any(each["keeps"] for each in methods)}
    code = asked.get("code", "").strip()[:CODE_MAX]
    # A link with a code is for a payment: who comes by it is not put into the trial first.
    begins = "yes" if request.method != "POST" and not code else ""
    sent = {
        "email": asked.get("email", "")[:200],
        "quantity": asked.get("quantity", "")[:8] or str(facts["least"]),
        "code": code,
        "consents": asked.get("consents") == "yes",
        "trial": asked.get("trial", begins) == "yes",
    }
    facts |= {
        "sent": sent,
        "is_trial": sent["trial"] and bool(facts["card"] and facts["card"].plan.trial_days),
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
    card = next((each for each in cards if each.is_chosen), None)
    quantity = _quantity(asked.get("quantity", ""), card.plan.min_quantity if card else 1)
    return {
        "shop": shop,
        "goods": goods,
        "currency": currency,
        "currencies": currencies,
        "exponent": exponent(currency),
        "cards": cards,
        "card": card,
        "total": card.price * quantity if card else None,
        "nothing": Money(0, currency),
        "least": card.plan.min_quantity if card else 1,
        "most": card.plan.max_quantity if card else 1,
        "is_single": all(each.plan.max_quantity == 1 for each in cards),
        "words": [words_of(shop, goods, each, quantity) for each in cards],
        "words_for": quantity,
        "has_trial": any(each.plan.trial_days for each in cards),
    }


def _quantity(typed: str, least: int) -> int:
    """The quantity whose sum the words name; the least one, where none can be read."""
    return int(typed) if re.fullmatch(r"[1-9][0-9]{0,3}", typed.strip(), re.ASCII) else least


def words_of(shop: Shop, goods: Goods, card: PlanCard, quantity: int) -> Words:
    """What its buyer would agree to."""
    text = memberships.port().words(
        store_id=shop.id,
        merchant_id=shop.merchant_id,
        plan=card.plan,
        title=goods.name,
        price=card.price * quantity,
        language=get_language() or "zh-hans",
    )
    return Words(card.key, card.plan.name, text, card.is_chosen)


def _replaced(version: UUID, on_sale: Sequence[PlanOffer]) -> tuple[PlanOffer | None, PlanOffer | None]:
    """A version that is not sold, and what its plan is sold as now."""
    try:
        before = plans.version(version)
    except NotFound:
        return None, None
    return before, next((one for one in on_sale if one.plan_id == before.plan_id), None)


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
    """The plans that have a price in this currency; the chosen one, else the first, is marked.

    Where the chosen version was replaced, it is the plan as it is sold now.
    """
    sold = [plan for plan in goods.plans if currency in plan.prices]
    keys = [ids.encode("plv", plan.version_id) for plan in sold]
    version = _version(chosen)
    if version is not None and chosen not in keys:
        now = _replaced(version, sold)[1]
        chosen = ids.encode("plv", now.version_id) if now else ""
    marked = chosen if chosen in keys else (keys[0] if keys else "")
    return [PlanCard(plan, plan.price(currency), key == marked) for plan, key in zip(sold, keys, strict=True)]
