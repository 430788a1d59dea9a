"""Who wants to hear of what. Apps register in their own `subscribers.py`."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from kernel.books import Book


@dataclass(frozen=True, slots=True)
class Received:
    """An event as a subscriber gets it: at least once. `id` is what it deduplicates by.

    `number` orders all events; `version` counts those of one subject from 1 without a gap.
    """

    number: int
    version: int
    id: UUID
    topic: str
    subject: tuple[str, UUID]
    merchant_id: UUID | None
    book: Book
    payload: dict[str, Any]
    created_at: datetime


Handler = Callable[[Received], None]


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A handler and the topics it wants. It keeps a cursor of its own, by its name."""

    name: str
    topics: frozenset[str]
    handle: Handler


_registry: dict[str, Subscriber] = {}


def subscriber(name: str, *, topics: Collection[str]) -> Callable[[Handler], Handler]:
    """Register a handler: it gets each event of `topics` at least once, in order per subject.

    It runs in no transaction. A subscriber hears of what is numbered after it is first seen. A handler
    that raises is called again later, with growing pauses; meanwhile later events of that subject wait
    for it, and those of others do not.
    """

    def register(handle: Handler) -> Handler:
        if name in _registry:
            raise ValueError(f"There is a subscriber {name!r} already.")
        _registry[name] = Subscriber(name, frozenset(topics), handle)
        return handle

    return register


def registered() -> list[Subscriber]:
    """All subscribers."""
    return list(_registry.values())


def named(name: str) -> Subscriber:
    """The subscriber of this name. Raises KeyError."""
    return _registry[name]
