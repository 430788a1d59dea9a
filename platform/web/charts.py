"""Charts: figures of a page, drawn for whoever sees and written as a table for everybody.

A chart asks a question, says how its figures are counted and holds them with the words that people read. The
server formats every value; the browser only places them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from kernel.money import Money, exponent


class Shape(StrEnum):
    """How a series is drawn."""

    BAR = "bar"
    LINE = "line"


@dataclass(frozen=True, slots=True)
class Point:
    """One figure: where it is drawn, and what is read. None: there was nothing to count."""

    value: float | int | None
    shown: str


@dataclass(frozen=True, slots=True)
class Series:
    """Figures of one kind, one a label, in the labels' order."""

    name: str
    points: Sequence[Point]
    shape: Shape = Shape.BAR


@dataclass(frozen=True, slots=True)
class Chart:
    """A question and its figures. `name` is unique on the page and a word of a-z and hyphens.

    All words are in the reader's language already. `unit` is that of the axis: a currency, `%`, or nothing.
    """

    name: str
    question: str
    definition: str
    axis: str  # what the labels are: a day, a method
    labels: Sequence[str]
    series: Sequence[Series]
    unit: str = ""

    def __post_init__(self) -> None:
        if any(len(series.points) != len(self.labels) for series in self.series):
            raise ValueError("A series has one point for each label.")

    @property
    def rows(self) -> list[tuple[str, list[str]]]:
        """The table: a label and what its figures read, a series a column."""
        return [
            (label, [series.points[i].shown for series in self.series]) for i, label in enumerate(self.labels)
        ]

    @property
    def drawing(self) -> dict[str, Any]:
        """What the browser draws."""
        return {
            "labels": list(self.labels),
            "unit": self.unit,
            "series": [
                {
                    "name": series.name,
                    "type": str(series.shape),
                    "values": [point.value for point in series.points],
                    "shown": [point.shown for point in series.points],
                }
                for series in self.series
            ],
        }


def of_money(amount: Money, shown: str) -> Point:
    """A point for an amount, in whole units of its currency: it is drawn so, and never counted so."""
    return Point(amount.amount / 10 ** exponent(amount.currency), shown)
