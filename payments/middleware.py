"""A way in of their own for channels' notifications."""

import re
from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from structlog import contextvars

from .api import notices
from .tokens import TOKEN_LENGTH

_ADDRESS = re.compile(rf"/n/(?P<account>a/)?(?P<token>[A-Za-z0-9_-]{{{TOKEN_LENGTH}}})/")


class Notifications:
    """Takes notifications before sessions, languages and forms get to see them: they have none of these.

    Their address also stands in `payments.urls`, for where this middleware is not in use.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        found = _ADDRESS.fullmatch(request.path_info)
        if found is None:
            return self.get_response(request)
        # A thread serves many requests: nothing of the last one may stand in this one's audit rows.
        contextvars.clear_contextvars()
        take = notices.take_for_account if found["account"] else notices.take
        return take(request, found["token"])
