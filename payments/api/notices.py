"""Where channels send their notifications. The answer is the channel's literal, and says nothing else."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from ..channels.news import NoticeRequest, Reply
from ..services import account_notices, notices

# Above every channel's own limit: an adapter refuses what is too large for it. No more than this is read.
MAX_BODY_BYTES = 65_536


@csrf_exempt
def take(request: HttpRequest, token: str) -> HttpResponse:
    """Take a notification for the payment that the token names."""
    return _taken(request, token, notices.take)


@csrf_exempt
def take_for_account(request: HttpRequest, token: str) -> HttpResponse:
    """Take a notification for the channel account that the token names."""
    return _taken(request, token, account_notices.take)


def _taken(request: HttpRequest, token: str, taker: Callable[[str, NoticeRequest], Reply]) -> HttpResponse:
    if request.method != "POST":
        return HttpResponse(b"fail", status=405, content_type="text/plain", headers={"Allow": "POST"})
    reply = taker(
        token,
        NoticeRequest(
            body=request.read(MAX_BODY_BYTES + 1),
            content_type=request.META.get("CONTENT_TYPE", ""),
            headers=request.headers,
        ),
    )
    return HttpResponse(reply.body, status=reply.status, content_type=reply.content_type)
