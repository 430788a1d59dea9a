"""Who calls the API: a key of one merchant in one book."""

from dataclasses import dataclass
from datetime import timedelta
from typing import cast
from uuid import UUID

from rest_framework.request import Request

from kernel.actors import Actor, ActorKind
from kernel.books import Book


@dataclass(frozen=True, slots=True)
class Caller:
    """The bearer of a key. `clock_ahead` makes `clock.now(caller)` the merchant's time."""

    key_id: UUID
    merchant_id: UUID
    book: Book
    scopes: frozenset[str]
    clock_ahead: timedelta
    is_authenticated: bool = True  # Django REST Framework asks for it

    @property
    def actor(self) -> Actor:
        """Who acts, for the trail."""
        return Actor(ActorKind.API_KEY, self.key_id)


def caller_of(request: Request) -> Caller | None:
    """Who calls; None for a request without a key."""
    return cast("Caller | None", request.user)
