"""The rules of a book as they stood at most two seconds ago: what a sale reads instead of the tables."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q

from kernel import clock
from kernel.recent import Recent

from . import models
from .states import Dimension, Outcome
from .verdicts import Limit

# In force where no row says otherwise: buyers do not wait for a judge who is ill, and nothing is paid back
# from a wallet payment by force.
FALLBACK = Outcome.ALLOW


@dataclass(frozen=True, slots=True)
class Rules:
    """The active limits of one book, and whether anything stands on its lists at all."""

    everywhere: tuple[Limit, ...]
    of_merchant: dict[UUID, tuple[Limit, ...]]
    has_lists: bool

    def limits(self, merchant_id: UUID) -> tuple[Limit, ...]:
        """The limits that a merchant's orders meet."""
        return self.everywhere + self.of_merchant.get(merchant_id, ())


_rules: Recent[str, Rules] = Recent(seconds=2, size=4)
_policies: Recent[str, dict[UUID | None, Outcome]] = Recent(seconds=10, size=1)


def of(book: str) -> Rules:
    """The rules of a book."""
    return _rules.get(book, _load)


def fallback(merchant_id: UUID) -> Outcome:
    """What the merchant wants where nobody can judge. Never raises: it is asked when something is wrong."""
    try:
        policies = _policies.get("", _load_policies)
    except Exception:  # whatever keeps the table from being read, the sale needs an answer
        return FALLBACK
    return policies.get(merchant_id, policies.get(None, FALLBACK))


def forget() -> None:
    """Read the tables anew, in this process; others follow within seconds."""
    _rules.forget()
    _policies.forget()


def _load(book: str) -> Rules:
    everywhere: list[Limit] = []
    of_merchant: dict[UUID, list[Limit]] = {}
    for row in models.Limit.objects.filter(book=book, is_active=True).order_by("id"):
        limit = Limit(
            row.pk, row.merchant_id, Dimension(row.dimension), row.seconds, row.most, Outcome(row.outcome)
        )
        target = everywhere if row.merchant_id is None else of_merchant.setdefault(row.merchant_id, [])
        target.append(limit)
    in_force = Q(expires_at=None) | Q(expires_at__gt=clock.now())
    has_lists = models.ListEntry.objects.filter(in_force, book=book).exists()
    return Rules(tuple(everywhere), {key: tuple(rows) for key, rows in of_merchant.items()}, has_lists)


def _load_policies(_: str) -> dict[UUID | None, Outcome]:
    return {row.merchant_id: Outcome(row.fallback) for row in models.Policy.objects.all()}
