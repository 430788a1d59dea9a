"""What a change within a paid period costs, line by line, and what a balance pays of a sum. Minor units.

Both lines are floored by the same rule, so that a change and its undoing in the same instant are nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

_MICROSECOND = timedelta(microseconds=1)


class LineKind(StrEnum):
    """What a line of an invoice is."""

    PERIOD = "period"  # a whole period
    TRIAL = "trial"
    UNUSED = "unused"  # time that was paid and is given up; below zero
    REMAINING = "remaining"  # the rest of the period at the new price
    RETURNED = "returned"  # of the balance, given back when all is over


@dataclass(frozen=True, slots=True)
class Line:
    """A line: so much for `quantity` at `unit_price` from `starts` to `ends`."""

    kind: LineKind
    amount: int
    starts: datetime
    ends: datetime
    quantity: int
    unit_price: int

    @property
    def shown(self) -> dict[str, Any]:
        """The line as it is kept and told."""
        return {
            "kind": str(self.kind),
            "amount": self.amount,
            "from": self.starts.isoformat(),
            "to": self.ends.isoformat(),
            "quantity": self.quantity,
            "unit_price": self.unit_price,
        }


@dataclass(frozen=True, slots=True)
class Terms:
    """What a subscription is for: so many, at so much each a period."""

    quantity: int
    unit_price: int

    @property
    def price(self) -> int:
        """What a whole period costs."""
        return self.quantity * self.unit_price


@dataclass(frozen=True, slots=True)
class Period:
    """A period with what it was worth to its buyer: what was paid for the whole of it as it now is.

    `paid_until`: where the days begin that were given for nothing, if any were; they come last.
    """

    starts: datetime
    ends: datetime
    value: int
    paid_until: datetime | None = None

    def share(self, amount: int, now: datetime) -> int:
        """The part of `amount` that is for the paid time after `now`, floored."""
        ends = self.paid_until or self.ends
        whole = (ends - self.starts) // _MICROSECOND
        left = (ends - min(max(now, self.starts), ends)) // _MICROSECOND
        return amount * left // whole


def of_rest(period: Period, old: Terms, new: Terms, now: datetime) -> tuple[Line, Line]:
    """The lines of a change now within the same period."""
    remaining = period.share(new.price, now)
    line = Line(LineKind.REMAINING, remaining, now, period.ends, new.quantity, new.unit_price)
    return unused(period, old, now), line


def of_new_period(period: Period, old: Terms, new: Terms, now: datetime, ends: datetime) -> tuple[Line, Line]:
    """The lines of a change to another interval: what is left goes back, and a whole period begins now."""
    whole = Line(LineKind.PERIOD, new.price, now, ends, new.quantity, new.unit_price)
    return unused(period, old, now), whole


def unused(period: Period, old: Terms, now: datetime) -> Line:
    """What was paid for the time that is left, as a line below zero, or zero."""
    given = -period.share(period.value, now)
    return Line(LineKind.UNUSED, given, now, period.ends, old.quantity, old.unit_price)


def net(lines: Sequence[Line]) -> int:
    """What lines come to."""
    return sum(line.amount for line in lines)


@dataclass(frozen=True, slots=True)
class Settled:
    """How a sum is paid: `used` of the balance (below zero: put there), and `total` in money."""

    used: int
    total: int


def settle(owed: int, balance: int, *, least: int) -> Settled:
    """Pay what is owed out of the balance, and the rest in money.

    What no channel would take, because it is less than `least`, stays on the balance: it may be below zero.
    """
    rest = owed - balance
    total = rest if rest >= max(least, 1) else 0
    return Settled(owed - total, total)
