"""From the bytes of an upload to pieces of whole lines, in bounded memory. Pure: no database, no vault."""

import codecs
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from .errors import UploadNotText, UploadTooLarge
from .lines import MOST_KEY_BYTES

_PIECE_CHARACTERS = 2_000_000
# A longer line is wrong anyway; cut here, an upload without line ends needs no more memory than another.
_LINE_CHARACTERS = MOST_KEY_BYTES * 4

_BINARY = (
    b"PK\x03\x04",
    b"\xd0\xcf\x11\xe0",
    b"%PDF",
    b"\x1f\x8b",
    b"7z\xbc\xaf",
    b"Rar!",
    b"\x89PNG",
    b"\xff\xd8\xff",
)
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True, slots=True)
class Limits:
    """What an upload may hold in all, and how many lines are handled at once."""

    most_bytes: int = 64 * 1024 * 1024
    most_lines: int = 2_000_000
    piece_lines: int = 20_000

    def exceeded(self) -> UploadTooLarge:
        """The refusal, with the limits in it."""
        return UploadTooLarge(most_mb=self.most_bytes // 1024 // 1024, most_lines=self.most_lines)


LIMITS = Limits()

Blocks = Callable[[], Iterable[bytes]]
"""Gives the upload's bytes from the start, as often as it is called."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Whole lines, joined by LF, without one at the end."""

    first_line: int  # counted from 1
    lines: int
    text: str


def encoding_of(blocks: Blocks, limits: Limits = LIMITS) -> str:
    """utf-8-sig, utf-16 or gb18030. Raises UploadNotText if it is none of them, UploadTooLarge."""
    head = next(iter(blocks()), b"")
    if head.startswith(_BINARY):
        raise UploadNotText
    if head.startswith(_UTF16):
        names: tuple[str, ...] = ("utf-16",)
    else:
        names = ("utf-8-sig", "gb18030")
    for name in names:
        if _decodes(blocks, name, limits):
            return name
    raise UploadNotText


def pieces(blocks: Blocks, encoding: str, limits: Limits = LIMITS) -> Iterator[Piece]:
    """Cut the upload into pieces of bounded length. Raises UploadTooLarge."""
    waiting: list[str] = []
    characters, number = 0, 1
    for line in _lines(blocks, encoding, limits):
        if number - 1 + len(waiting) >= limits.most_lines:
            raise limits.exceeded()
        waiting.append(line)
        characters += len(line)
        if len(waiting) >= limits.piece_lines or characters >= _PIECE_CHARACTERS:
            yield Piece(number, len(waiting), "\n".join(waiting))
            number += len(waiting)
            waiting, characters = [], 0
    if waiting:
        yield Piece(number, len(waiting), "\n".join(waiting))


def _lines(blocks: Blocks, encoding: str, limits: Limits) -> Iterator[str]:
    rest = ""
    for text in _unified(_decoded(blocks, encoding, limits)):
        *lines, last = text.split("\n")
        for line in lines:
            yield (rest + line)[:_LINE_CHARACTERS]
            rest = ""
        rest = (rest + last)[:_LINE_CHARACTERS]
    if rest:
        yield rest


def _unified(texts: Iterable[str]) -> Iterator[str]:
    """With every line end as LF. A CR at the end of one text is held back: it may be half of a CRLF."""
    held = ""
    for text in texts:
        whole = held + text
        held = "\r" if whole.endswith("\r") else ""
        yield whole.removesuffix("\r").replace("\r\n", "\n").replace("\r", "\n")
    if held:
        yield "\n"


def _decoded(blocks: Blocks, encoding: str, limits: Limits) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding)(errors="strict")
    size = 0
    for block in blocks():
        size += len(block)
        if size > limits.most_bytes:
            raise limits.exceeded()
        yield decoder.decode(block)
    yield decoder.decode(b"", final=True)


def _decodes(blocks: Blocks, encoding: str, limits: Limits) -> bool:
    try:
        for _ in _decoded(blocks, encoding, limits):
            pass
    except UnicodeDecodeError:
        return False
    return True
