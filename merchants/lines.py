"""What a line of an upload is: a key, nothing, or wrong. Pure: no database, no vault.

The rule, exactly: lines end at LF, CRLF or CR and nowhere else. Spaces around a line (full-width ones too)
do not count. Nothing is decoded, unescaped or split further, so `%0A` typed as text stays what it is.
"""

import csv
import re
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

MOST_KEY_BYTES = 2_048
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufffd]")
_EDGES = " \t\u3000\u00a0\ufeff\u200b"
_DELIMITERS = ",;\t|"
# What people call the column of the keys. A real key never is one of these words alone.
_HEADINGS = re.compile(
    r"(card|license|licence|serial|activation|redeem|gift|product|cd)?[ _-]?"
    r"(keys?|codes?|cards?|licen[cs]es?|serials?|pins?|number|no\.?)"
    r"|卡密|卡号|卡密码|密码|密钥|序列号|激活码|兑换码|注册码|卡",
    re.IGNORECASE,
)


class Wrong(StrEnum):
    """Why a line is no key."""

    TOO_LONG = "too_long"
    CONTROL = "control"
    COLUMN = "column"  # the CSV row has no such column
    QUOTES = "quotes"  # a quoted CSV field does not end on its line


@dataclass(frozen=True, slots=True)
class Layout:
    """How a line is read. With `column` 0 the whole line is the key; else it is that column of a CSV row."""

    column: int = 0
    delimiter: str = ","
    has_header: bool = False

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "Layout":
        """What `as_json` gave; other entries are left alone."""
        return cls(**{name: value[name] for name in cls.__slots__ if name in value})

    def as_json(self) -> dict[str, Any]:
        """For the batch's row."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that is no key."""

    number: int
    wrong: Wrong
    text: str


@dataclass(slots=True)
class Judged:
    """What some lines hold. `numbers` are the line numbers of `keys`, counted from 1 in the whole upload."""

    lines: int = 0
    blank: int = 0
    keys: list[bytes] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    bad: list[BadLine] = field(default_factory=list)


def judge(text: str, *, first_line: int, layout: Layout) -> Judged:
    """Read lines separated by LF. The header, where there is one, is not counted."""
    lines = text.split("\n")
    if layout.has_header and first_line == 1:
        lines, first_line = lines[1:], 2
    judged = Judged(lines=len(lines))
    # One look at the whole text spares a look at each line of a clean one.
    suspicious = _CONTROL.search(text) is not None
    for number, line in enumerate(lines, first_line):
        stripped = line.strip(_EDGES)
        if not stripped:
            judged.blank += 1
            continue
        key = _column(stripped, layout) if layout.column else stripped
        if isinstance(key, Wrong):
            judged.bad.append(BadLine(number, key, stripped))
        elif not key:
            judged.blank += 1
        elif suspicious and _CONTROL.search(key):
            judged.bad.append(BadLine(number, Wrong.CONTROL, stripped))
        elif len(encoded := key.encode()) > MOST_KEY_BYTES:
            judged.bad.append(BadLine(number, Wrong.TOO_LONG, stripped))
        else:
            judged.keys.append(encoded)
            judged.numbers.append(number)
    return judged


def sniff(first_line: str) -> str:
    """The delimiter that a CSV file seems to use."""
    return max(_DELIMITERS, key=first_line.count)


def names_columns(first_line: str, layout: Layout) -> bool:
    """Whether the first line of a CSV file seems to name its columns; a person may say otherwise."""
    cell = _column(first_line.strip(_EDGES), layout)
    return isinstance(cell, str) and _HEADINGS.fullmatch(cell.strip(_EDGES)) is not None


def _column(line: str, layout: Layout) -> str | Wrong:
    quotes = line.count('"')
    if quotes == 0:
        fields = line.split(layout.delimiter)
    elif quotes % 2:
        # Quotes come in pairs in CSV; an odd number means that a field goes on in another line.
        return Wrong.QUOTES
    else:
        try:
            fields = next(csv.reader((line,), delimiter=layout.delimiter, strict=True))
        except (csv.Error, StopIteration):
            return Wrong.QUOTES
    return fields[layout.column - 1].strip(_EDGES) if layout.column <= len(fields) else Wrong.COLUMN
