"""Who belongs to the demo's club: since when, by which plan, how each pays, and what became of it."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class Turn(StrEnum):
    """What happens to a membership at a moment, besides its renewals."""

    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"
    SEATS = "seats"  # one seat more from the next period on
    QUARTERLY = "quarterly"  # the quarterly plan from the next period on
    REFUSED = "refused"  # from now on the bank refuses the card


@dataclass(frozen=True, slots=True)
class Deed:
    """A turn so many days ago. `reason` is one of those that a buyer may choose."""

    ago: float
    turn: Turn
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody subscribed so many days ago.

    `card`: the buyer lets a card be charged; all others pay each period by a link, `pays` after it is due.
    None: never.
    """

    buyer: str
    plan: str
    ago: float
    quantity: int = 1
    trial: bool = False
    card: bool = False
    pays: timedelta | None = timedelta(hours=-20)
    code: str = ""
    deeds: tuple[Deed, ...] = ()


_LATE = timedelta(days=1, hours=3)

# Oldest first. What happens keeps its distance from the ends of periods, which are of 28 to 31 days.
MEMBERS = (
    Member("lin", "year", 75, card=True),
    Member("wu", "month", 70.3, card=True, deeds=(Deed(38, Turn.SEATS),)),
    Member("yao", "month", 66, deeds=(Deed(50, Turn.PAUSE), Deed(12, Turn.RESUME))),
    Member("studio", "quarter", 64, quantity=3, card=True),
    Member("zhao", "month", 62.5, deeds=(Deed(40, Turn.CANCEL, "price"),)),
    Member("mei", "month", 58, trial=True, card=True, deeds=(Deed(30, Turn.QUARTERLY),)),
    Member("hu", "month", 55.2, pays=_LATE, code="DAWN10"),
    Member("qian", "month", 47, pays=None),
    Member("xu", "month", 41.6, card=True, deeds=(Deed(20, Turn.PAUSE),)),
    Member("shen", "month", 36, trial=True, pays=None, deeds=(Deed(30.5, Turn.CANCEL, "unused"),)),
    Member("song", "month", 33.5, pays=_LATE),
    Member("ren", "quarter", 22, quantity=2, card=True, code="DAWN10"),
    Member("bai", "month", 16, deeds=(Deed(3, Turn.CANCEL, "price"),)),
    Member("tang", "month", 8.2, trial=True, card=True, deeds=(Deed(2, Turn.REFUSED),)),
    Member("gao", "month", 4, trial=True, card=True),
    Member("he", "month", 2.2, trial=True),
)
