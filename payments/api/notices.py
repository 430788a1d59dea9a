"""Where channels send their notifications. The answer is the channel's literal, and says nothing else."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from ..channels.base import NoticeRequest
from ..services import notices

# Above every channel's own limit: an adapter refuses what is too large for it. No more than this is read.
MAX_BODY_BYTES = 65_536


@csrf_exempt
def take(request: HttpRequest, token: str) -> HttpResponse:
    """Take a notification for the payment that the token names."""
    if request.method != "POST":
        return HttpResponse(b"fail", status=405, content_type="text/plain", headers={"Allow": "POST"})
    reply = notices.take(
        token,
        NoticeRequest(
            body=request.read(MAX_BODY_BYTES + 1),
            content_type=request.META.get("CONTENT_TYPE", ""),
            headers=request.headers,
        ),
    )
    return HttpResponse(reply.body, status=reply.status, content_type=reply.content_type)
