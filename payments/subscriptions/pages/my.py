"""A signed-in buyer's subscriptions and saved methods, in every shop."""

from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from buyers.models import Buyer
from buyers.pages.door import signed_in
from buyers.queries import holdings
from kernel import ids
from kernel.actors import BUYER
from kernel.errors import NotFound
from web.answers import SeeOther

from .. import queries
from ..models import Mandate, Subscription
from ..services import mandates
from ..states import MandateState, SubscriptionState
from .rows import method_of, standing

_MOST = 100
_ON_CARD = 5


@signed_in
@require_GET
def listing(request: HttpRequest, buyer: Buyer) -> HttpResponse:
    """All of them, the latest first, and below them what may still be charged."""
    page_facts = {
        "buyer": buyer,
        "rows": [row_of(each) for each in _of(buyer)[:_MOST]],
        "methods": _methods(buyer),
        "ended": "ended" in request.GET,
    }
    return render(request, "my/subscriptions.html", page_facts)


@signed_in
@require_POST
def end_method(_request: HttpRequest, buyer: Buyer, mandate: str) -> HttpResponse:
    """End a permission in one tap."""
    mine = _methods(buyer).filter(pk=ids.decode("mnd", mandate)).first()
    if mine is None:
        raise NotFound(id=mandate[:40])
    mandates.end(mine, actor=BUYER, reason="buyer")
    return SeeOther(f"{reverse('subscriptions:mine')}?ended=1")


def card(buyer: Buyer) -> dict[str, Any]:
    """What the overview shows above the orders: those that go on."""
    running = _of(buyer).exclude(state=SubscriptionState.ENDED)[:_ON_CARD]
    return {"subscriptions": [row_of(each) for each in running]}


def row_of(subscription: Subscription) -> dict[str, Any]:
    """One of the list."""
    goes_on = standing(subscription) in (SubscriptionState.TRIALING, SubscriptionState.ACTIVE)
    return {
        "subscription": subscription,
        "standing": standing(subscription),
        "method": method_of(subscription),
        "next_sum": queries.next_sum(subscription) if goes_on else None,
    }


def _of(buyer: Buyer) -> QuerySet[Subscription]:
    """A buyer's: of an address that was theirs once, what began while it was."""
    held = holdings(buyer)
    mine = Q(pk__in=[])
    for each in held:
        mine |= Q(buyer_key=each.key) & (Q(created_at__lte=each.until) if each.until else Q())
    return queries.of_buyer([each.key for each in held]).filter(mine)


def _methods(buyer: Buyer) -> QuerySet[Mandate]:
    """What may still be charged, or could be again."""
    kept = Mandate.objects.filter(
        subscription__in=_of(buyer).order_by(), state__in=[MandateState.ACTIVE, MandateState.SUSPENDED]
    )
    return kept.select_related("subscription__store", "subscription__product").order_by("-id")
