"""The door to the pages below `/my/`."""

import re
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec
from urllib.parse import urlencode

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse

from web.answers import SeeOther
from web.secrecy import hide

from .. import sessions
from ..models import Buyer

Rest = ParamSpec("Rest")
View = Callable[Concatenate[HttpRequest, Buyer, Rest], HttpResponseBase]
_INSIDE = re.compile(r"/my/[a-z0-9_/-]{0,200}", re.ASCII)


def signed_in(view: View[Rest]) -> Callable[Concatenate[HttpRequest, Rest], HttpResponseBase]:
    """A view for the buyer who is signed in; whoever is not signs in first and comes back."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: Rest.args, **kwargs: Rest.kwargs) -> HttpResponseBase:
        buyer = sessions.current(request)
        if buyer is None:
            back = request.path if request.method in ("GET", "HEAD") else ""
            query = f"?{urlencode({'next': back})}" if inside(back) else ""
            response: HttpResponseBase = SeeOther(reverse("buyers:sign-in") + query)
        else:
            response = view(request, buyer, *args, **kwargs)
        hide(response)
        return response

    return guarded


def inside(path: str) -> str:
    """An address of a page below `/my/`, or nothing: nobody is sent elsewhere after signing in."""
    return path if _INSIDE.fullmatch(path) else ""
