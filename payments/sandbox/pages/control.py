"""The control: what a test orders instead of clicking. JSON in, JSON out.

It takes JSON only, which a foreign page cannot send from a browser without being asked first.
"""

import json
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from .. import notifier
from ..alipay import trades, wallet, yuan
from ..models import Fault, Trade
from ..states import Ending

_LARGEST = 65_536


@csrf_exempt
@require_http_methods(["POST", "DELETE"])
def faults(request: HttpRequest) -> HttpResponse:
    """Order a fault: `kind`, if wanted `prefix`, `method`, `works`, `seconds`, `left`. DELETE forgets all."""
    if request.method == "DELETE":
        Fault.objects.all().delete()
        return JsonResponse({})
    known = ("kind", "prefix", "method", "works", "seconds", "left")
    fault = Fault(**{name: value for name, value in given(request).items() if name in known})
    try:
        fault.full_clean()
    except ValidationError as error:
        return JsonResponse({"errors": error.message_dict}, status=400)
    fault.save()
    return JsonResponse({"id": str(fault.pk)})


@csrf_exempt
@require_http_methods(["GET", "POST"])
def trade(request: HttpRequest, out_trade_no: str) -> HttpResponse:
    """How a trade stands; POST `ending` (`seconds`, `reason`, `even_closed`) ends a buyer's visit first.

    Two more words end nothing: `look` opens the cashier, `finish` ends the time for refunds.
    """
    found = _found(out_trade_no)
    if request.method == "POST":
        _visit(found, given(request))
        found.refresh_from_db()
    return JsonResponse(_stand(found))


@csrf_exempt
@require_http_methods(["POST"])
def resend(_: HttpRequest, out_trade_no: str) -> HttpResponse:
    """Send the notifications of a trade once more, now, whether they were accepted or not."""
    found = _found(out_trade_no)
    for notice in found.notices.all():
        notifier.resend(notice)
    return JsonResponse(_stand(found))


def _found(out_trade_no: str) -> Trade:
    found = Trade.objects.filter(out_trade_no=out_trade_no).order_by("-created_at").first()
    if found is None:
        raise Http404
    return found


def given(request: HttpRequest) -> dict[str, Any]:
    """The JSON of a request to the control. Raises Http404."""
    if request.content_type != "application/json":
        raise Http404
    try:
        read = json.loads(request.read(_LARGEST))
    except ValueError as error:
        raise Http404 from error
    if not isinstance(read, dict):
        raise Http404
    return read


@transaction.atomic
def _visit(found: Trade, asked: dict[str, Any]) -> None:
    wallet.look(found.token)
    word = asked.get("ending")
    if word == "finish":
        trades.finish(found)
    elif word in list(Ending):
        wallet.end(
            found.token,
            Ending(word),
            seconds=int(asked.get("seconds", 0)),
            reason=str(asked.get("reason", "")),
            even_closed=asked.get("even_closed") is True,
        )
    elif word != "look":
        raise Http404


def _stand(found: Trade) -> dict[str, Any]:
    return {
        "trade_no": found.trade_no,
        "out_trade_no": found.out_trade_no,
        "status": found.status,
        "total": yuan.show(found.total_fen),
        "paid": yuan.show(found.reported_fen) if found.paid_at else None,
        "refunds": {refund.out_request_no: yuan.show(refund.amount_fen) for refund in found.refunds.all()},
        "cashier": f"/cashier/{found.token}/",
        "notices": [
            {
                "notify_id": notice.notify_id,
                "trade_status": notice.facts["trade_status"],
                "sends": notice.sends,
                "is_accepted": notice.accepted_at is not None,
                "is_due": notice.due_at is not None,
            }
            for notice in found.notices.order_by("created_at")
        ],
    }
