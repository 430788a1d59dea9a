"""Browsers that a person has signed in with before.

A pause for an account that a stranger attacks must not shut its owner out; the owner's own browser is told
from the stranger's by a signed cookie. It proves nothing else and signs nobody in.
"""

import hashlib
from datetime import timedelta

from django.core import signing
from django.http import HttpRequest, HttpResponse

COOKIE = "__Host-familiar"
_SALT = "merchants.sign_in.familiar"
_KEPT = timedelta(days=180)
_MOST_PEOPLE = 5


def knows(request: HttpRequest, email: str) -> bool:
    """Whether somebody with this e-mail has signed in with this browser."""
    return _digest(email) in _people(request)


def remember(request: HttpRequest, response: HttpResponse, email: str) -> None:
    """Let the browser be familiar from now on."""
    people = [_digest(email), *(person for person in _people(request) if person != _digest(email))]
    response.set_cookie(
        COOKIE,
        signing.dumps(people[:_MOST_PEOPLE], salt=_SALT),
        max_age=int(_KEPT.total_seconds()),
        secure=True,
        httponly=True,
        samesite="Lax",
    )


def _people(request: HttpRequest) -> list[str]:
    try:
        people: list[str] = signing.loads(
            request.COOKIES.get(COOKIE, ""), salt=_SALT, max_age=int(_KEPT.total_seconds())
        )
    except signing.BadSignature:
        return []
    return people


def _digest(email: str) -> str:
    return hashlib.sha256(email.strip().lower().encode()).hexdigest()[:32]
