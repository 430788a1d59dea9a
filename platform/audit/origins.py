"""Where a member or an operator acted from: a port, since the vault is a neighbour and no floor below."""

from typing import Protocol
from uuid import UUID

from django.core.exceptions import ImproperlyConfigured

from kernel.actors import Actor, ActorKind

_CONTEXT = "audit.origin"
_PEOPLE_AT_WORK = (ActorKind.MEMBER, ActorKind.OPERATOR)


class Sealing(Protocol):
    """What the vault offers: seal for an owner and a row, and open again."""

    def seal(self, owner: UUID, plaintext: str, *, context: str, row: UUID) -> bytes: ...

    def open(self, owner: UUID, sealed: bytes, *, context: str, row: UUID) -> bytes: ...


_bound: Sealing | None = None


def bind(sealing: Sealing) -> None:
    """Say who seals; `keyway` does it once, at start."""
    global _bound
    _bound = sealing


def seal(actor: Actor, row: UUID) -> bytes | None:
    """The actor's origin under a key of that person, who may later be forgotten; None for everybody else."""
    if not actor.origin or actor.id is None or actor.kind not in _PEOPLE_AT_WORK:
        return None
    return _sealing().seal(actor.id, actor.origin, context=_CONTEXT, row=row)


def read(actor_id: UUID, sealed: bytes, row: UUID) -> str:
    """The origin in plain text, for an operator who may see it."""
    return _sealing().open(actor_id, sealed, context=_CONTEXT, row=row).decode()


def _sealing() -> Sealing:
    if _bound is None:
        raise ImproperlyConfigured("audit.origins has no sealing bound; keyway binds the vault at start.")
    return _bound
