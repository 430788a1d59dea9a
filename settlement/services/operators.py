"""Who decides about money."""

from uuid import UUID

from kernel.actors import Actor, ActorKind
from merchants.models import User

from ..errors import NotAnOperator


def require_operator(actor: Actor) -> UUID:
    """The operator's id. Raises NotAnOperator for anybody else, and for one who was switched off."""
    if actor.kind != ActorKind.OPERATOR or actor.id is None:
        raise NotAnOperator
    if not User.objects.filter(pk=actor.id, is_staff=True, is_active=True).exists():
        raise NotAnOperator
    return actor.id
