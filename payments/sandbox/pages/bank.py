"""The bank: its interface for clients, and its desk."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from kernel.machine import IllegalMove

from ..bank import gateway, transfers
from ..bank.gateway import Call
from ..bank.states import BANK, BankState
from ..models import BankClient, BankTransfer
from .policy import page

_LARGEST = 65_536
_SHOWN = 50
_TONES = {
    BankState.ACCEPTED: "waiting",
    BankState.PAID: "good",
    BankState.RETURNED: "closed",
    BankState.REFUSED: "closed",
    BankState.FORGOTTEN: "closed",
}


@csrf_exempt
@require_http_methods(["GET", "POST"])
def serve(request: HttpRequest, request_no: str = "") -> HttpResponse:
    """Answer a signed call: POST sends, GET asks."""
    if (request.method == "POST") == bool(request_no):
        return HttpResponse(status=405)
    body = request.read(_LARGEST + 1) if request.method == "POST" else b""
    if len(body) > _LARGEST:
        return HttpResponse(status=413)
    call = Call(request.method or "", request.path, body, request.headers)
    return gateway.answer(call, request_no)


@page
@require_safe
def desk(request: HttpRequest) -> HttpResponseBase:
    """The latest transfers, with buttons for what may become of them."""
    latest = BankTransfer.objects.select_related("client").order_by("-created_at")[:_SHOWN]
    rows = [
        {
            "transfer": one,
            "amount": str(one.money),
            "tone": _TONES[BankState(one.state)],
            "can_pay": one.state == BankState.ACCEPTED,
            "can_return": BANK.allows(BankState(one.state), BankState.RETURNED),
        }
        for one in latest
    ]
    context = {"rows": rows, "clients": BankClient.objects.order_by("name"), "shown": _SHOWN}
    return render(request, "sandbox/bank_desk.html", context)


@page
@require_POST
def do(request: HttpRequest, transfer: UUID) -> HttpResponseBase:
    """Let a transfer be paid or returned."""
    target = request.POST.get("state")
    if target not in (BankState.PAID, BankState.RETURNED):
        raise Http404
    try:
        transfers.move_by_hand(transfer, BankState(target))
    except (IllegalMove, BankTransfer.DoesNotExist) as error:
        raise Http404 from error
    return HttpResponseRedirect(reverse("sandbox:bank-desk"))
