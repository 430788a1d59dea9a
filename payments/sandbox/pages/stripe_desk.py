"""Stripe's desk: sessions, events, what a bank may do; and the control that tests use."""

from dataclasses import asdict
from typing import Any

from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    JsonResponse,
)
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from kernel.money import Money

from ..models import StripeAccount, StripeCard, StripeDelivery, StripeSession
from ..stripe import accounts, couriers, deeds, till, wallet
from ..stripe.cards import Typed
from ..stripe.states import Deed, Ending, IntentStatus, RefundStatus, SessionStatus
from .control import given
from .policy import page

_SHOWN = 50
_TONES = {SessionStatus.OPEN: "waiting", SessionStatus.COMPLETE: "good", SessionStatus.EXPIRED: "closed"}
_WORDS = {
    Deed.SETTLE: _("The debit settles"),
    Deed.BOUNCE: _("The debit bounces"),
    Deed.DISPUTE: _("The bank takes it back"),
    Deed.INQUIRE: _("The bank asks"),
    Deed.REVIEW: _("The bank looks into it"),
    Deed.WIN: _("Decided for the shop"),
    Deed.LOSE: _("Decided for the buyer"),
    Deed.REFUND_FAILS: _("The last refund fails"),
}
_PLIGHTS = [
    (wallet.WORKS, _("Works")),
    ("insufficient_funds", _("Not enough money")),
    ("generic_decline", _("Declined by the bank")),
    ("lost_card", _("Lost card")),
    ("authentication_required", _("Needs 3-D Secure")),
]


@page
@require_safe
def desk(request: HttpRequest) -> HttpResponseBase:
    """The latest sessions, their events and each time these were sent."""
    latest = (
        StripeSession.objects.select_related("account")
        .prefetch_related("events__deliveries", "refunds", "disputes")
        .order_by("-created_at")[:_SHOWN]
    )
    rows = [
        {
            "session": one,
            "amount": _money(one, one.total),
            "refunded": _money(one, one.refunded) if one.refunded else "",
            "tone": _TONES[SessionStatus(one.status)],
            "deeds": [(deed, _WORDS[deed]) for deed in _possible(one)],
            "deliveries": [each for event in one.events.all() for each in event.deliveries.all()],
        }
        for one in latest
    ]
    cards = StripeCard.objects.filter(is_attached=True).select_related("account")[:_SHOWN]
    context = {
        "rows": rows,
        "accounts": StripeAccount.objects.all(),
        "cards": [(card, card.plight or wallet.refusal_of(card)) for card in cards],
        "plights": _PLIGHTS,
        "shown": _SHOWN,
    }
    return render(request, "sandbox/stripe_desk.html", context)


@page
@require_POST
def resend(_request: HttpRequest, delivery: str) -> HttpResponseBase:
    """Send an event once more."""
    couriers.resend(get_object_or_404(StripeDelivery, pk=delivery))
    return HttpResponseRedirect(reverse("sandbox:stripe-desk"))


@page
@require_POST
def do(request: HttpRequest, session: str) -> HttpResponseBase:
    """Have a deed done."""
    found = get_object_or_404(StripeSession, pk=session)
    if request.POST.get("deed") not in list(Deed):
        raise Http404
    deeds.perform(found.id, Deed(request.POST["deed"]))
    return HttpResponseRedirect(reverse("sandbox:stripe-desk"))


@page
@require_POST
def card(request: HttpRequest, card: str) -> HttpResponseBase:
    """Have a kept card meet something from now on."""
    if request.POST.get("plight") not in wallet.PLIGHTS:
        raise Http404
    get_object_or_404(StripeCard, pk=card)
    StripeCard.objects.filter(pk=card).update(plight=request.POST["plight"])
    return HttpResponseRedirect(reverse("sandbox:stripe-desk"))


@csrf_exempt
@require_POST
def control_account(request: HttpRequest) -> HttpResponse:
    """Open an account: `name`, `webhook_url`, `magic`."""
    asked = given(request)
    opened = accounts.open(
        str(asked.get("name", "")),
        webhook_url=str(asked.get("webhook_url", "")),
        magic=asked.get("magic") is True,
    )
    return JsonResponse(asdict(opened))


@csrf_exempt
@require_http_methods(["GET", "POST"])
def control(request: HttpRequest, reference: str) -> HttpResponse:
    """How a session stands, by the merchant's number. POST `card`, `proof`, `ending`, `deed` first."""
    found = StripeSession.objects.filter(reference=reference).order_by("-created_at").first()
    if found is None:
        raise Http404
    if request.method == "POST":
        _perform(found.id, given(request))
        found.refresh_from_db()
    return JsonResponse(_stand(found))


def _perform(session: str, asked: dict[str, Any]) -> None:
    if "card" in asked:
        till.pay(session, Typed(str(asked["card"]), "12/99", "123"))
    if "proof" in asked:
        till.prove(session, approved=asked["proof"] is True)
    if asked.get("ending") in list(Ending):
        till.end(session, Ending(asked["ending"]), seconds=int(asked.get("seconds", 0)))
    if asked.get("deed") in list(Deed):
        deeds.perform(session, Deed(asked["deed"]))
    if asked.get("plight") in wallet.PLIGHTS:
        StripeCard.objects.filter(sessions=session).update(plight=asked["plight"])
    if asked.get("resend") is True:
        for delivery in StripeDelivery.objects.filter(event__session=session):
            couriers.resend(delivery)


def _stand(found: StripeSession) -> dict[str, Any]:
    deliveries = StripeDelivery.objects.filter(event__session=found).select_related("event")
    return {
        "id": found.id,
        "status": found.status,
        "intent": found.intent_id,
        "intent_status": found.intent_status,
        "paid": found.total if found.is_paid else None,
        "refunds": {each.id: [each.amount, each.status] for each in found.refunds.all()},
        "disputes": {each.id: each.status for each in found.disputes.all()},
        "deliveries": [
            {"type": each.event.type, "sends": each.sends, "is_accepted": each.accepted_at is not None}
            for each in deliveries.order_by("event__created_at", "id")
        ],
    }


def _possible(one: StripeSession) -> list[Deed]:
    """What a bank may do with a session now."""
    if one.intent_status == IntentStatus.PROCESSING:
        return [Deed.SETTLE, Deed.BOUNCE]
    if not one.is_paid:
        return []
    found: list[Deed] = []
    if any(each.status == RefundStatus.SUCCEEDED for each in one.refunds.all()):
        found.append(Deed.REFUND_FAILS)
    dispute = next(iter(one.disputes.all()), None)
    if dispute is None:
        return [*found, Deed.DISPUTE, Deed.INQUIRE] if one.refunded < one.total else found
    return {
        "needs_response": [*found, Deed.REVIEW, Deed.WIN, Deed.LOSE],
        "under_review": [*found, Deed.WIN, Deed.LOSE],
        "warning_needs_response": [*found, Deed.WIN],
        "lost": [*found, Deed.WIN],
    }.get(dispute.status, found)


def _money(one: StripeSession, amount: int) -> str:
    return str(Money(amount, one.currency.upper())) if one.currency else ""
