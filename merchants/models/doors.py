"""The one door through which a row changes its state."""

from enum import StrEnum
from typing import Any, ClassVar

from django.db import models

from kernel.machine import IllegalMove, Machine


class Doors(models.Model):
    """A row with states. `machines` maps the name of a state column to its table of moves."""

    machines: ClassVar[dict[str, Machine[Any]]]

    class Meta:
        abstract = True

    def enter(self, target: StrEnum, *, field: str = "state", **changes: Any) -> None:
        """Move to `target` and write `changes` with it, if the table allows and the row still stands as read.

        Raises IllegalMove; then nothing was written. Runs in the caller's transaction.
        """
        source = getattr(self, field)
        machine = self.machines[field]
        machine.check(type(machine.start)(source), target)
        values = {field: str(target), **changes}
        moved = type(self)._default_manager.filter(pk=self.pk, **{field: source}).update(**values)
        if not moved:
            raise IllegalMove(source=source, target=str(target))
        for name, value in values.items():
            setattr(self, name, value)


def sources(machine: Machine[Any], target: StrEnum) -> list[str]:
    """The states from which `target` may be entered, for set-based moves: `WHERE state = ANY(…)`."""
    return sorted(str(source) for source in machine.sources_of(target))


def choices(states: type[StrEnum]) -> list[tuple[str, str]]:
    """The values of a state column."""
    return [(state.value, state.value) for state in states]
