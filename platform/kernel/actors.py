"""Who acts: kept with every ledger transaction and every audit row."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class ActorKind(StrEnum):
    """What kind of somebody (or something) acted."""

    BUYER = "buyer"
    MEMBER = "member"
    OPERATOR = "operator"
    CHANNEL = "channel"
    SYSTEM = "system"
    API_KEY = "api_key"


@dataclass(frozen=True, slots=True)
class Actor:
    """`id` is a user for members and operators, a channel account for channels, an API key for programs.

    `origin` is where a member or operator acted from (an address); it is stored sealed, and never for buyers.
    """

    kind: ActorKind
    id: UUID | None = None
    origin: str = ""


SYSTEM = Actor(ActorKind.SYSTEM)
BUYER = Actor(ActorKind.BUYER)
