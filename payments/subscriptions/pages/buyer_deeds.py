"""What a buyer does with a subscription: two screens at most, and none where nothing can be lost."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from kernel import ids
from kernel.actors import BUYER
from kernel.errors import NotFound, Problem
from payments.agents import device_of
from payments.services import accounts
from web import limits, problems
from web.answers import SeeOther
from web.secrecy import secret_address

from .. import queries
from ..models import PriceChange, Subscription
from ..reasons import REASONS
from ..services import cancellations, cards, changes, mandates, pauses, price_changes, tries
from ..states import SubscriptionState
from . import buyer, consent_words


@secret_address
@require_POST
def act(request: HttpRequest, token: str) -> HttpResponse:
    """Do one of the deeds that a single tap or a confirmation names."""
    found = queries.of_token(token)
    deed = _DEEDS.get(request.POST.get("do", ""))
    if deed is None:
        raise NotFound(do=request.POST.get("do", "")[:20])
    limits.take("subscription.act", token, most=20, per=timedelta(minutes=10))
    try:
        return SeeOther(deed(request, found))
    except NotFound:
        raise
    except Problem as problem:
        return refused(request, queries.of_token(token), problem)


@secret_address
@require_POST
def live(_request: HttpRequest, token: str) -> HttpResponse:
    """Asked by a page whose card is being confirmed: once that is known, it is loaded anew."""
    awaited = queries.awaited(queries.of_token(token))
    if awaited is not None:
        mandates.ask_now(awaited)
        if queries.awaited(queries.of_token(token)) is not None:
            return HttpResponse(status=204)
    return HttpResponse(status=204, headers={"HX-Refresh": "true"})


@secret_address
@require_http_methods(["GET", "HEAD"])
def cancel(request: HttpRequest, token: str) -> HttpResponse:
    """When it ends, what happens to the money, and why, if the buyer likes to say."""
    found = queries.of_token(token)
    more = {
        "reasons": [(code, gettext(label)) for code, label in REASONS.items()],
        "back": cancellations.refund_of_now(found),
    }
    return _if(buyer.may(found)["cancel"] or buyer.may(found)["cancel_now"], request, found, "cancel", more)


@secret_address
@require_http_methods(["GET", "HEAD"])
def pause(request: HttpRequest, token: str) -> HttpResponse:
    """From when on it rests, and that nothing is charged."""
    found = queries.of_token(token)
    return _if(buyer.may(found)["pause"], request, found, "pause", {})


@secret_address
@require_http_methods(["GET", "HEAD"])
def resume(request: HttpRequest, token: str) -> HttpResponse:
    """What is charged when it goes on."""
    found = queries.of_token(token)
    can = found.state == SubscriptionState.PAUSED
    return _if(can, request, found, "resume", {"sum": queries.next_sum(found)})


@secret_address
@require_http_methods(["GET", "HEAD"])
def card(request: HttpRequest, token: str) -> HttpResponse:
    """Another card: by which channel, and what is agreed to with it."""
    found = queries.of_token(token)
    device = device_of(request.META.get("HTTP_USER_AGENT", ""))
    choices = accounts.choices(found.merchant_id, found.price, device)
    more = {
        "methods": [(each.method.code, gettext(each.method.label)) for each in choices if each.method.keeps],
        "words": consent_words.of(found, found.price),
    }
    return _if(buyer.may(found)["card"], request, found, "card", more)


def refused(request: HttpRequest, found: Subscription, problem: Problem) -> HttpResponse:
    """The subscription's page with why something was not done."""
    told = {"title": problems.title(problem), "advice": problems.advice(problem)}
    return buyer.page(request, found, problem=told, status=problem.status)


def _if(can: bool, request: HttpRequest, found: Subscription, template: str, more: Any) -> HttpResponse:
    """The page of a deed; where it cannot be done any more, the subscription as it stands now."""
    return buyer.page(request, found, template=template, **more) if can else SeeOther(buyer.url(found))


def _pause(_request: HttpRequest, found: Subscription) -> str:
    pauses.at_end(found, actor=BUYER)
    return buyer.url(found, done="pause")


def _resume(_request: HttpRequest, found: Subscription) -> str:
    pauses.resume(found, actor=BUYER)
    return _to_pay(found) or buyer.url(found, done="resume")


def _cancel(request: HttpRequest, found: Subscription) -> str:
    ended = cancellations.at_end(found, actor=BUYER, reason=_reason(request))
    return buyer.url(found, done="cancel_now" if ended.ended_at else "cancel")


def _cancel_now(request: HttpRequest, found: Subscription) -> str:
    cancellations.now(found, actor=BUYER, reason=_reason(request))
    return buyer.url(found, done="cancel_now")


def _undo(_request: HttpRequest, found: Subscription) -> str:
    cancellations.undo(found, actor=BUYER)
    return buyer.url(found, done="undo")


def _undo_change(_request: HttpRequest, found: Subscription) -> str:
    changes.undo(found, actor=BUYER)
    return buyer.url(found, done="undo_change")


def _retry(_request: HttpRequest, found: Subscription) -> str:
    state = tries.by_hand(found, actor=BUYER).state
    done = {"succeeded": "paid", "failed": "refused", "closed": "refused"}.get(state, "asked")
    return buyer.url(found, done=done)


def _end_mandate(_request: HttpRequest, found: Subscription) -> str:
    if found.mandate is not None:
        mandates.end(found.mandate, actor=BUYER, reason="buyer")
    return buyer.url(found, done="end_mandate")


def _card(request: HttpRequest, found: Subscription) -> str:
    consents = request.POST.get("consents") == "yes"
    page = cards.change(found, method=request.POST.get("method", ""), consents=consents, actor=BUYER)
    return buyer.url(found, done="card" if page else "no_page")


def _check_card(_request: HttpRequest, found: Subscription) -> str:
    awaited = queries.awaited(found)
    if awaited is not None:
        mandates.ask_now(awaited)
    return buyer.url(found, done="shown")


def _accept(request: HttpRequest, found: Subscription) -> str:
    price_changes.accept(_offered(request, found), actor=BUYER)
    return buyer.url(found, done="accept")


def _decline(request: HttpRequest, found: Subscription) -> str:
    price_changes.decline(_offered(request, found), actor=BUYER)
    return buyer.url(found, done="decline")


def _offered(request: HttpRequest, found: Subscription) -> PriceChange:
    key = ids.decode("prc", request.POST.get("change", "")[:40])
    change = PriceChange.objects.filter(subscription=found, pk=key).first()
    if change is None:
        raise NotFound(change=str(key))
    return change


def _reason(request: HttpRequest) -> str:
    asked = request.POST.get("reason", "")
    return asked if asked in REASONS else ""


def _to_pay(found: Subscription) -> str:
    """The page of the order that is to be paid now; empty: none is."""
    invoice = queries.open_invoice(found)
    return f"/o/{invoice.order.token}/" if invoice and invoice.order else ""


_DEEDS: dict[str, Callable[[HttpRequest, Subscription], str]] = {
    "pause": _pause,
    "resume": _resume,
    "cancel": _cancel,
    "cancel_now": _cancel_now,
    "undo": _undo,
    "undo_change": _undo_change,
    "retry": _retry,
    "end_mandate": _end_mandate,
    "card": _card,
    "check_card": _check_card,
    "accept": _accept,
    "decline": _decline,
}
