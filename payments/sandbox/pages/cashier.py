"""The cashier, where a buyer decides how a payment ends."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from ..alipay import notices, wallet, yuan
from ..models import Trade
from ..states import Ending, TradeStatus
from .policy import page

REASONS = {
    "insufficient_funds": _("Balance too low"),
    "issuer_declined": _("Declined by the bank"),
    "risk_blocked_channel": _("Stopped by risk control"),
    "limit_exceeded": _("Over the payment limit"),
    "auth_failed": _("Wrong payment password"),
}
FAILURES = {**REASONS, "user_cancelled": _("Cancelled by you")}
TRICKS = [
    (Ending.TWICE, _("Paid, notified twice"), _("Two equal notifications at the same moment.")),
    (Ending.SHUFFLED, _("Paid, out of order"), _("Notified twice, then an older state arrives.")),
    (Ending.WRONG_AMOUNT, _("Paid, wrong amount"), _("One fen more than asked for, truly signed.")),
    (Ending.WRONG_SIGNATURE, _("Paid, wrong signature"), _("The notification is signed by a stranger.")),
    (Ending.SILENCE, _("Paid, silence"), _("No notification at all: the shop has to ask.")),
]


@page
@require_http_methods(["GET", "POST"])
def cashier(request: HttpRequest, token: str) -> HttpResponseBase:
    """Show a trade to its buyer, or take the buyer's decision."""
    try:
        if request.method == "POST":
            return _decided(request, token)
        trade = wallet.look(token)
    except Trade.DoesNotExist as error:
        raise Http404 from error
    return _shown(request, trade)


def _decided(request: HttpRequest, token: str) -> HttpResponse:
    if request.POST.get("ending") not in list(Ending):
        return HttpResponse(status=400)
    seconds = request.POST.get("seconds", "")
    reason = request.POST.get("reason", "")
    wallet.end(
        token,
        Ending(request.POST["ending"]),
        seconds=int(seconds) if seconds.isdecimal() and len(seconds) < 6 else 0,
        reason=reason if reason in REASONS else "",
    )
    # A page of our own first: the policy against foreign form targets would stop a redirect to the shop.
    return HttpResponseRedirect(reverse("sandbox:cashier", args=[token]))


def _shown(request: HttpRequest, trade: Trade) -> HttpResponse:
    is_paid = trade.paid_at is not None
    context: dict[str, Any] = {
        "trade": trade,
        "amount": yuan.read_aloud(trade.total_fen),
        "charged": yuan.read_aloud(trade.reported_fen),
        "is_paid": is_paid,
        "is_waiting": trade.status == TradeStatus.WAIT,
        "failure": FAILURES.get(trade.failure, ""),
        "was_cancelled": trade.failure == "user_cancelled",
        "reasons": REASONS.items(),
        "tricks": TRICKS,
        "return_address": notices.return_address(trade) if is_paid else "",
        "will_change": trade.plays.filter(done_at__isnull=True).exists(),
    }
    return render(request, "sandbox/cashier.html", context)
