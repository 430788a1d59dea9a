"""Sealing kept answers: a port, since the vault is a neighbour and no floor below."""

from typing import Protocol
from uuid import UUID

from django.core.exceptions import ImproperlyConfigured

_CONTEXT = "web.api.answer"


class Sealing(Protocol):
    """What the vault offers: seal for an owner and a row, and open again."""

    def seal(self, owner: UUID, plaintext: bytes, *, context: str, row: UUID) -> bytes: ...

    def open(self, owner: UUID, sealed: bytes, *, context: str, row: UUID) -> bytes: ...


_bound: Sealing | None = None


def bind(sealing: Sealing) -> None:
    """Say who seals; `keyway` does it once, at start."""
    global _bound
    _bound = sealing


def seal(owner: UUID, body: bytes, row: UUID) -> bytes:
    """An answer under the merchant's own key."""
    return _sealing().seal(owner, body, context=_CONTEXT, row=row)


def read(owner: UUID, sealed: bytes, row: UUID) -> bytes:
    """The answer again, byte for byte."""
    return _sealing().open(owner, sealed, context=_CONTEXT, row=row)


def _sealing() -> Sealing:
    if _bound is None:
        raise ImproperlyConfigured("web.api.sealing has no sealing bound; keyway binds the vault at start.")
    return _bound
