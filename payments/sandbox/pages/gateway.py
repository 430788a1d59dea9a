"""/gateway.do, the one address of the open platform."""

from html import unescape

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from ..alipay import gateway
from .policy import page

_LARGEST = 262_144


@csrf_exempt
@require_http_methods(["GET", "POST"])
def serve(request: HttpRequest) -> HttpResponseBase:
    """Answer a signed call."""
    body = request.read(_LARGEST + 1) if request.method == "POST" else b""
    if len(body) > _LARGEST:
        return HttpResponse(status=413)
    query = request.META.get("QUERY_STRING", "").encode("ascii", "replace")
    try:
        return gateway.answer(query, body.strip())
    except gateway.PageRefused as refused:
        return _refused(request, refused)


@page
def _refused(request: HttpRequest, refused: gateway.PageRefused) -> HttpResponse:
    context = {"refusal": refused.refusal, "reason": unescape(refused.refusal.sub_msg)}
    return render(request, "sandbox/refused.html", context)
