"""The browsers that members and operators have signed in with before."""

import hashlib

from django.http import HttpRequest, HttpResponse

from web.familiar import Familiar

COOKIE = "__Host-familiar"
_browsers = Familiar(COOKIE, "merchants.sign_in.familiar")


def knows(request: HttpRequest, email: str) -> bool:
    """Whether somebody with this e-mail has signed in with this browser."""
    return _browsers.knows(request, _digest(email))


def remember(request: HttpRequest, response: HttpResponse, email: str) -> None:
    """Let the browser be familiar from now on."""
    _browsers.remember(request, response, _digest(email))


def _digest(email: str) -> str:
    return hashlib.sha256(email.strip().lower().encode()).hexdigest()[:32]
