"""Faults on the wire that a test ordered, taken one by one and played in place of a clean answer."""

import threading
from collections.abc import Iterator

from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import StrIndex
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse

from .models import Fault
from .states import FaultKind

_DRIP_EVERY = 0.2
_OVERSIZE = 8 * 1024 * 1024
_GARBAGE = b"<html><body><h1>502 Bad Gateway</h1><hr>nginx</body></html>"


def are_ordered() -> bool:
    """Whether any fault waits at all. Nearly always none does, and a call need not look further."""
    return Fault.objects.filter(left__gt=0).exists()


@transaction.atomic
def take(method: str, number: str, *, works: bool) -> Fault | None:
    """The oldest fault ordered for a call of `method` about the merchant's `number`, used up by one.

    `works`: whether the call has its effect all the same.
    """
    fault = (
        Fault.objects.select_for_update(no_key=True, skip_locked=True)
        .alias(place=StrIndex(Value(number), F("prefix")))
        .filter(left__gt=0, works=works, place=1, method__in=("", method))
        .order_by("id")
        .first()
    )
    if fault is not None:
        fault.left -= 1
        fault.save(update_fields=["left"])
    return fault


def play(fault: Fault, answer: HttpResponse) -> HttpResponseBase:
    """What the caller gets instead of `answer`. It may take long; no transaction is open meanwhile."""
    kind = FaultKind(fault.kind)
    if kind is FaultKind.TIMEOUT:
        threading.Event().wait(fault.seconds)
        return answer
    if kind is FaultKind.ERROR_500:
        return HttpResponse("Internal Server Error", status=500, content_type="text/plain")
    if kind is FaultKind.GARBAGE:
        return HttpResponse(_GARBAGE, content_type="text/html")
    if kind is FaultKind.DRIP:
        return StreamingHttpResponse(
            _drip(answer.content, fault.seconds), content_type=answer["Content-Type"]
        )
    return StreamingHttpResponse(_flood(), content_type=answer["Content-Type"])


def _drip(content: bytes, seconds: float) -> Iterator[bytes]:
    pause = threading.Event()
    for place in range(min(len(content), int(seconds / _DRIP_EVERY) + 1)):
        yield content[place : place + 1]
        pause.wait(_DRIP_EVERY)


def _flood() -> Iterator[bytes]:
    chunk = b'{"padding":"' + b"x" * 65_524
    for _ in range(_OVERSIZE // len(chunk)):
        yield chunk
