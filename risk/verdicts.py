"""What was found → the outcome. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from .facts import Reason
from .states import Dimension, Disposition, Kind, Outcome

_WEIGHT = {Outcome.ALLOW: 0, Outcome.REVIEW: 1, Outcome.BLOCK: 2}


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` orders of one `dimension` in `seconds`; the next one gets `outcome`.

    With a merchant it stands for that merchant and counts only there; without one it counts the whole book.
    """

    id: UUID
    merchant_id: UUID | None
    dimension: Dimension
    seconds: int
    most: int
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Listed:
    """An entry of a list that fits the order."""

    id: UUID
    kind: Kind
    disposition: Disposition


def judge(
    counts: Sequence[tuple[Limit, int]], listed: Sequence[Listed], *, unread: Sequence[str] = ()
) -> tuple[Outcome, tuple[Reason, ...]]:
    """The gravest outcome and its reasons. `counts` include the order itself.

    A blocking entry goes before everything; an allowing one exempts from the limits, and says so. What was
    sent and could not be read (`unread`) fits no rule: a person looks at it, unless a rule blocks the order.
    """
    blocking = [entry for entry in listed if entry.disposition is Disposition.BLOCK]
    if blocking:
        return Outcome.BLOCK, tuple(_of_entry(entry) for entry in blocking)
    outcome, reasons = _of_counts(counts, listed)
    if not unread:
        return outcome, reasons
    unreadable = tuple(Reason(f"unread.{name}", {}) for name in unread)
    return max(outcome, Outcome.REVIEW, key=_WEIGHT.__getitem__), reasons + unreadable


def _of_counts(
    counts: Sequence[tuple[Limit, int]], listed: Sequence[Listed]
) -> tuple[Outcome, tuple[Reason, ...]]:
    """The outcome of the limits, and of what exempts from them."""
    exceeded = [(limit, count) for limit, count in counts if count > limit.most]
    if not exceeded:
        return Outcome.ALLOW, ()
    if listed:
        return Outcome.ALLOW, tuple(_of_entry(entry) for entry in listed)
    gravest = max((limit.outcome for limit, _ in exceeded), key=_WEIGHT.__getitem__)
    return gravest, tuple(_of_limit(limit, count) for limit, count in exceeded)


def _of_entry(entry: Listed) -> Reason:
    return Reason(f"list.{entry.kind}", {"entry": str(entry.id), "disposition": entry.disposition})


def _of_limit(limit: Limit, count: int) -> Reason:
    return Reason(
        f"limit.{limit.dimension}",
        {"limit": str(limit.id), "count": count, "most": limit.most, "seconds": limit.seconds},
    )
