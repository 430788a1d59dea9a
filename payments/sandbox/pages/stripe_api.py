"""/stripe/v1/…, Stripe's API."""

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.views.decorators.csrf import csrf_exempt

from ..stripe import api

_LARGEST = 65_536


@csrf_exempt
def serve(request: HttpRequest, path: str) -> HttpResponseBase:
    """Answer a call."""
    if request.method == "POST":
        body = request.read(_LARGEST + 1)
        if len(body) > _LARGEST:
            return HttpResponse(status=413)
        params = body.decode("ascii", "replace")
    else:
        params = request.META.get("QUERY_STRING", "")
    return api.answer(
        request.method or "",
        path,
        params,
        authorization=request.headers.get("Authorization", ""),
        key=request.headers.get("Idempotency-Key", ""),
    )
