"""The product page of a membership: its plans, in the currency that the buyer chose."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from kernel import ids
from kernel.money import Money
from merchants.plan_offers import PlanOffer

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


def page(request: HttpRequest, shop: Shop, goods: Goods) -> HttpResponse:
    """The page with the plans on sale."""
    response = render(request, "storefront/membership.html", facts_of(request.GET, shop, goods))
    response.headers["Cache-Control"] = "no-store"
    return response


def facts_of(asked: Mapping[str, str], shop: Shop, goods: Goods) -> dict[str, Any]:
    """What the templates of a membership show. `asked` may name a `currency` and a `plan`."""
    currencies = currencies_of(goods)
    currency = asked.get("currency", "")
    if currency not in currencies:
        currency = goods.currency
    return {
        "shop": shop,
        "goods": goods,
        "currency": currency,
        "currencies": currencies,
        "cards": cards_of(goods, currency, asked.get("plan", "")),
    }


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
