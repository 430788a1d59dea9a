"""Browsers that somebody has signed in with before, told from a stranger's by a signed cookie.

A pause for an account that a stranger attacks must not shut its owner out. The cookie proves nothing else and
signs nobody in.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.core import signing
from django.http import HttpRequest
from django.http.response import HttpResponseBase

_KEPT = timedelta(days=180)
_MOST_PEOPLE = 5


@dataclass(frozen=True, slots=True)
class Familiar:
    """What one kind of people's browsers remember. People are known by a fingerprint of their address."""

    cookie: str
    salt: str

    def knows(self, request: HttpRequest, person: str) -> bool:
        """Whether this person has signed in with this browser."""
        return person in self._people(request)

    def remember(self, request: HttpRequest, response: HttpResponseBase, person: str) -> None:
        """Let the browser be familiar from now on."""
        people = [person, *(other for other in self._people(request) if other != person)]
        response.set_cookie(
            self.cookie,
            signing.dumps(people[:_MOST_PEOPLE], salt=self.salt),
            max_age=int(_KEPT.total_seconds()),
            secure=True,
            httponly=True,
            samesite="Lax",
        )

    def _people(self, request: HttpRequest) -> list[str]:
        try:
            people: list[str] = signing.loads(
                request.COOKIES.get(self.cookie, ""), salt=self.salt, max_age=int(_KEPT.total_seconds())
            )
        except signing.BadSignature:
            return []
        return people
