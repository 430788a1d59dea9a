"""States as a table that one can read aloud."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from .errors import Problem, said

State = TypeVar("State", bound=StrEnum)


class IllegalMove(Problem):
    """The thing is not in a state from which this can happen."""

    code, status, title = "illegal_move", 409, said("This cannot be done any more: it is {source} already.")
    advice = said("Nothing was changed. Reload the page to see how it stands now.")


@dataclass(frozen=True)
class Machine(Generic[State]):
    """`moves` maps a state to the states that may follow it. A state without a row is final."""

    start: State
    moves: Mapping[State, frozenset[State] | set[State]]

    def allows(self, source: State, target: State) -> bool:
        """Whether `target` may follow `source`."""
        return target in self.moves.get(source, frozenset())

    def check(self, source: State, target: State) -> None:
        """Raise IllegalMove unless `target` may follow `source`."""
        if not self.allows(source, target):
            raise IllegalMove(source=str(source), target=str(target))

    def is_final(self, state: State) -> bool:
        """Whether nothing follows `state`."""
        return not self.moves.get(state)

    def sources_of(self, target: State) -> frozenset[State]:
        """The states from which `target` can be entered, for conditional updates of many rows."""
        return frozenset(source for source, targets in self.moves.items() if target in targets)
