"""The desk: what happened lately, for whoever plays with the sandbox."""

from uuid import UUID

from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from kernel.machine import IllegalMove

from .. import notifier
from ..alipay import trades, yuan
from ..models import AlipayApp, Notice, Trade
from ..states import TradeStatus
from .policy import page

_SHOWN = 50
_TONES = {
    TradeStatus.WAIT: "waiting",
    TradeStatus.SUCCESS: "good",
    TradeStatus.FINISHED: "good",
    TradeStatus.CLOSED: "closed",
}


@page
@require_safe
def desk(request: HttpRequest) -> HttpResponseBase:
    """The latest trades, their notifications and each time these were sent."""
    sent = Notice.objects.order_by("created_at").prefetch_related("log")
    latest = (
        Trade.objects.select_related("app")
        .prefetch_related(Prefetch("notices", sent), "refunds")
        .order_by("-created_at")[:_SHOWN]
    )
    rows = [
        {
            "trade": trade,
            "amount": yuan.read_aloud(trade.total_fen),
            "refunded": yuan.read_aloud(trade.refunded_fen) if trade.refunded_fen else "",
            "tone": _TONES[TradeStatus(trade.status)],
            "can_finish": trade.status == TradeStatus.SUCCESS,
        }
        for trade in latest
    ]
    context = {"rows": rows, "apps": AlipayApp.objects.all(), "shown": _SHOWN}
    return render(request, "sandbox/desk.html", context)


@page
@require_POST
def resend(_: HttpRequest, notice: UUID) -> HttpResponseBase:
    """Send a notification once more."""
    notifier.resend(get_object_or_404(Notice, pk=notice))
    return HttpResponseRedirect(reverse("sandbox:desk"))


@page
@require_POST
def finish(_: HttpRequest, token: str) -> HttpResponseBase:
    """End a trade's time for refunds."""
    trade = get_object_or_404(Trade, token=token)
    try:
        trades.finish(trade)
    except IllegalMove as error:
        raise Http404 from error
    return HttpResponseRedirect(reverse("sandbox:desk"))
