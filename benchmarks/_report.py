"""What every benchmark prints: a table, a report file, and at the end one line of JSON: figures and goals."""

import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

OUT = Path(__file__).parent / "out"


@dataclass(frozen=True)
class Goal:
    """A figure that must be at least, or at most, a bound."""

    name: str
    value: float
    bound: float
    at_least: bool = True

    @property
    def is_reached(self) -> bool:
        """Whether the figure keeps to the bound."""
        return self.value >= self.bound if self.at_least else self.value <= self.bound

    def __str__(self) -> str:
        sign = "≥" if self.at_least else "≤"
        return (
            f"{'reached' if self.is_reached else 'MISSED '}  {self.name} {self.value:g} {sign} {self.bound:g}"
        )


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Columns as wide as their widest cell; the first to the left, the others to the right."""
    cells = [[str(cell) for cell in row] for row in (head, *rows)]
    widths = [max(len(row[place]) for row in cells) for place in range(len(head))]
    lines = [
        "  ".join(
            cell.ljust(widths[0]) if not place else cell.rjust(widths[place])
            for place, cell in enumerate(row)
        )
        for row in cells
    ]
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:]])


def conclude(
    name: str, text: str, figures: Mapping[str, object], goals: Sequence[Goal], *, quick: bool
) -> int:
    """Print the report, keep it as a file, print the line of JSON; the exit status: 0 if goals are met."""
    notes = ["Indicative: a small data set (--quick)."] if quick else []
    body = "\n".join([text, "", *notes, *map(str, goals)])
    OUT.mkdir(exist_ok=True)
    file = OUT / f"{name}-{datetime.now(UTC):%Y%m%d-%H%M%S}.txt"
    file.write_text(f"{name} on {platform.platform()}\n\n{body}\n")
    print(body)
    reached = all(goal.is_reached for goal in goals)
    line = {
        "benchmark": name,
        "quick": quick,
        "figures": figures,
        "goals": {
            goal.name: {"value": goal.value, "bound": goal.bound, "reached": goal.is_reached}
            for goal in goals
        },
        "reached": reached,
        "report": str(file.relative_to(OUT.parent.parent)),
    }
    print(json.dumps(line, ensure_ascii=False))
    return 0 if reached else 1
