"""What every page of the sandbox has in common: its headers, and that it needs no protecting token."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from django.http import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt

P = ParamSpec("P")

_POLICY = "; ".join(
    (
        "default-src 'none'",
        "style-src 'self'",
        "img-src 'self' data:",
        "form-action 'self'",
        "frame-src 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)


def page(view: Callable[P, HttpResponseBase]) -> Callable[P, HttpResponseBase]:
    """A page for people: strict policy, nothing cached, no referrer.

    The sandbox knows no sessions, so a foreign page that posts here has no authority to abuse.
    """

    @wraps(view)
    def shown(*args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        response = view(*args, **kwargs)
        response.headers.setdefault("Content-Security-Policy", _POLICY)
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["Cache-Control"] = "no-store"
        return response

    return csrf_exempt(shown)
