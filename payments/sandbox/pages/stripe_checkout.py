"""Stripe's hosted Checkout: the card form, the bank's question, and the ways back to the shop."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from kernel import clock
from kernel.money import Money

from ..models import StripeSession
from ..stripe import cards, magic, till
from ..stripe.cards import Typed
from ..stripe.states import Ending, IntentStatus, Mode, SessionStatus
from .policy import page

FAULTS = {
    "number": _("The card number is not complete or not right."),
    "expiry": _("Write the expiry date as month and year: 12/34."),
    "past": _("The card's expiry date is in the past."),
    "cvc": _("The security code has three or four digits."),
}
REFUSALS = {
    "insufficient_funds": _("Your card does not have enough money."),
    "expired_card": _("Your card has expired."),
    "incorrect_cvc": _("Your card's security code is wrong."),
    "processing_error": _("An error occurred while your card was processed. Try again in a moment."),
    "payment_intent_authentication_failure": _("Your bank could not confirm that it is you."),
    "payment_method_provider_decline": _("The bank returned the debit."),
}
DECLINED = _("Your card was declined.")
TRICKS = [
    (Ending.TWICE, _("Paid, told twice"), _("Every event is sent twice at the same moment.")),
    (Ending.WRONG_AMOUNT, _("Paid, wrong amount"), _("One cent more than asked for, truly signed.")),
    (
        Ending.WRONG_SIGNATURE,
        _("Paid, wrong signature"),
        _("The events are signed with a stranger's secret."),
    ),
    (Ending.SILENCE, _("Paid, silence"), _("No event at all: the shop has to ask.")),
    (Ending.FORGED, _("Not paid, forged event"), _("Somebody else says that it was paid.")),
]
DEBITS = [
    (Ending.DEBIT_SETTLES, _("By debit, settles")),
    (Ending.DEBIT_BOUNCES, _("By debit, bounces")),
]


@page
@require_http_methods(["GET", "POST"])
def checkout(request: HttpRequest, session: str) -> HttpResponseBase:
    """Show a session to its buyer, or take the buyer's card."""
    fault = ""
    try:
        if request.method == "POST":
            fault = _taken(request, session)
            if not fault:
                # A page of our own first: the policy on form targets stops a redirect to the shop.
                return HttpResponseRedirect(reverse("sandbox:stripe-checkout", args=[session]))
        found = till.look(session)
    except StripeSession.DoesNotExist as error:
        raise Http404 from error
    return _shown(request, found, fault)


def _taken(request: HttpRequest, session: str) -> str:
    """Do what the form says. Gives what is wrong with a card before it can be tried."""
    given = request.POST
    if "proof" in given:
        till.prove(session, approved=given["proof"] == "approve")
        return ""
    if given.get("ending", Ending.PAY) != Ending.PAY:
        if given["ending"] not in list(Ending):
            raise Http404
        seconds = given.get("seconds", "")
        till.end(
            session,
            Ending(given["ending"]),
            seconds=int(seconds) if seconds.isdecimal() and len(seconds) < 6 else 0,
        )
        return ""
    typed = Typed(given.get("number", ""), given.get("expiry", ""), given.get("cvc", ""))
    fault = typed.fault(clock.now())
    if not fault:
        till.pay(session, typed)
    return fault


def _shown(request: HttpRequest, found: StripeSession, fault: str) -> HttpResponse:
    error = found.error or {}
    is_open = found.status == SessionStatus.OPEN
    context: dict[str, Any] = {
        "session": found,
        "amount": _money(found),
        "charged": _money(found, found.total),
        "is_wrong": found.total != found.amount,
        "is_paid": found.is_paid,
        "is_setup": found.mode == Mode.SETUP,
        "keeps": found.keeps,
        "is_open": is_open,
        "is_challenged": is_open and found.intent_status == IntentStatus.CHALLENGED,
        "is_processing": found.intent_status == IntentStatus.PROCESSING,
        "fault": FAULTS.get(fault, ""),
        "fault_at": {"past": "expiry"}.get(fault, fault),
        "refusal": REFUSALS.get(error.get("decline_code", ""), REFUSALS.get(error.get("code", ""), DECLINED))
        if error
        else "",
        "typed": request.POST if fault else {},
        "cards": [(_grouped(number), card.says) for number, card in cards.CARDS.items()],
        "magic": [(f".{cents:02}", visit.says) for cents, visit in magic.VISITS.items()]
        if found.account.magic
        else [],
        "tricks": TRICKS,
        "debits": DEBITS,
    }
    return render(request, "sandbox/stripe_checkout.html", context, status=400 if fault else 200)


def _money(found: StripeSession, amount: int | None = None) -> str:
    if not found.currency:
        return gettext("Nothing now")
    amount = found.amount if amount is None else amount
    return Money(amount, found.currency.upper()).format(translation.get_language() or "en")


def _grouped(number: str) -> str:
    return " ".join(number[place : place + 4] for place in range(0, len(number), 4))
