"""What waits for a merchant's clock: the port by which apps above say what comes next, and who does it.

A twin's clock may be moved forward; what is due by then is then done by the sweeps that are named here.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from .models import Merchant

Next = Callable[[Merchant], datetime | None]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of thing that happens at its time.

    `code` is what programs call it, `text` a sentence marked for translation. `next_at` gives when the next
    one is due on the merchant's clock, None where nothing waits. `tasks` are the sweeps that do it. Where
    they go by times of the world, `hasten` brings those forward, in the transaction that moved the clock.
    """

    code: str
    text: str
    next_at: Next
    tasks: tuple[str, ...] = ()
    hasten: Callable[[Merchant], None] | None = None


@dataclass(frozen=True, slots=True)
class Coming:
    """What happens next of one kind, and when by the merchant's clock."""

    code: str
    text: str
    at: datetime


_kinds: dict[str, Kind] = {}


def declare(*kinds: Kind) -> None:
    """Tell of kinds, when the application is put together. A code again takes the place of the first."""
    _kinds.update({kind.code: kind for kind in kinds})


def codes() -> list[str]:
    """The code of every kind."""
    return sorted(_kinds)


def coming(merchant: Merchant) -> list[Coming]:
    """What comes next of each kind, the soonest first."""
    found = ((kind, kind.next_at(merchant)) for kind in _kinds.values())
    return sorted(
        (Coming(kind.code, kind.text, at) for kind, at in found if at is not None), key=lambda each: each.at
    )


def hasten(merchant: Merchant) -> None:
    """Bring forward what is due by the merchant's clock, in the caller's transaction."""
    for kind in _kinds.values():
        if kind.hasten is not None:
            kind.hasten(merchant)


def tasks() -> Iterable[str]:
    """The sweeps that do what is due, each once."""
    return dict.fromkeys(task for kind in _kinds.values() for task in kind.tasks)
