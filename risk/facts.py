"""What is judged, and what comes back: frozen, so that a decision can be made anywhere."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from kernel.money import Money

from .states import Outcome


@dataclass(frozen=True, slots=True)
class Facts:
    """An order that somebody wants to place. `address` is the buyer's, from the trusted hop only.

    `contact` is the e-mail for delivery; `device` is the browser's own token, empty where there is none.
    """

    merchant_id: UUID
    book: str
    store_id: UUID
    product_id: UUID
    quantity: int
    total: Money
    method: str
    contact: str
    address: str
    device: str = ""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why an outcome is not `allow`, or why it is in spite of a limit. `facts` holds ids and figures."""

    code: str  # limit.email, list.address, fallback.slow …
    facts: Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class Decision:
    """What risk says. `id` names the stored decision; none where it could not be stored."""

    id: UUID | None
    outcome: Outcome
    reasons: tuple[Reason, ...] = ()

    @property
    def is_blocked(self) -> bool:
        """Whether the order must not be placed."""
        return self.outcome is Outcome.BLOCK

    @property
    def needs_review(self) -> bool:
        """Whether a person looks before the order is delivered."""
        return self.outcome is Outcome.REVIEW
