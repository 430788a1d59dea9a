"""The few statements of the sale that are written by hand, with names in the place of numbers."""

import re
from collections.abc import Mapping
from typing import Any

from psycopg.types.numeric import Int8

import prepared
from prepared import Row

__all__ = ["Row", "Statement"]

_PLACE = re.compile(r"%\((\w+)\)s")


class Statement:
    """A prepared statement with `%(name)s` places."""

    def __init__(self, text: str) -> None:
        self._names = list(dict.fromkeys(_PLACE.findall(text)))
        numbers = {name: f"${place}" for place, name in enumerate(self._names, start=1)}
        self._plain = prepared.Statement(_PLACE.sub(lambda found: numbers[found[1]], text))

    def rows(self, values: Mapping[str, Any]) -> list[Row]:
        """Run it and give its rows. Raises Django's database errors."""
        return self._plain.rows(*self._sized(values))

    def run(self, values: Mapping[str, Any]) -> int:
        """Run one that gives no rows; how many it touched. Raises Django's database errors."""
        return self._plain.run(*self._sized(values))

    def send(self, values: Mapping[str, Any]) -> None:
        """Run one whose answer nobody waits for: inside `prepared.together` with the next trip."""
        self._plain.send(*self._sized(values))

    def _sized(self, values: Mapping[str, Any]) -> list[Any]:
        return [_sized(values[name]) for name in self._names]


def _sized(value: Any) -> Any:
    """Whole numbers all of one size: by its own choice the driver would prepare a statement for each size."""
    if type(value) is int:
        return Int8(value)
    if type(value) is list and value and type(value[0]) is int:
        return [Int8(each) for each in value]
    return value
