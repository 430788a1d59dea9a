"""A buyer's overview: what goes on first, then the latest orders."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from buyers.models import Buyer
from buyers.pages.door import signed_in

from ..belongings import orders_of

_LATEST = 5

Facts = Callable[[Buyer], dict[str, Any]]
CARDS: list[tuple[str, Facts]] = []
"""What stands above the orders: a template each, with what gives its facts."""


@signed_in
@require_GET
def home(request: HttpRequest, buyer: Buyer) -> HttpResponse:
    """The page that signing in leads to."""
    latest = list(orders_of(buyer)[: _LATEST + 1])
    facts: dict[str, Any] = {"buyer": buyer, "email": buyer.address, "cards": [name for name, _ in CARDS]}
    for _, facts_of in CARDS:
        facts |= facts_of(buyer)
    facts |= {"orders": latest[:_LATEST], "has_more": len(latest) > _LATEST}
    return render(request, "my/home.html", facts)
