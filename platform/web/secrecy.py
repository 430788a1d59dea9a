"""Pages whose address is the key: nobody else may learn it, keep it or find it."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from kernel.errors import Problem

from . import problems

View = TypeVar("View", bound=Callable[..., HttpResponseBase])


def secret_address(view: View) -> View:
    """Mark a view whose address carries a token: not stored, not referred to, not indexed."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            response = view(request, *args, **kwargs)
        except Problem as problem:
            # The address of a refusal is as secret as that of the page.
            response = problems.render(request, problem)
        hide(response)
        return response

    return cast(View, guarded)


def hide(response: HttpResponseBase) -> None:
    """Set the three headers that keep an address to its owner."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
