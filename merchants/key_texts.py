"""The text of an API key: book, 178 random bits, and a checksum by which scanners of leaked secrets know one.

`kw_live_` or `kw_test_`, thirty letters and digits at random, six that follow from them (CRC-32, base
62). Pure.
"""

import hashlib
import re
import secrets
import zlib

from kernel.books import Book

_PREFIXES = {Book.LIVE: "kw_live_", Book.SANDBOX: "kw_test_"}
_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_RANDOM, _CHECK = 30, 6
_FORM = re.compile(rf"kw_(?:live|test)_[0-9A-Za-z]{{{_RANDOM + _CHECK}}}", re.ASCII)
HINT = 4


def new(book: Book) -> str:
    """A new key for a merchant of this book."""
    head = _PREFIXES[book] + "".join(secrets.choice(_LETTERS) for _ in range(_RANDOM))
    return head + _checksum(head)


def is_whole(text: str) -> bool:
    """Whether the text can be a key at all: its form and its checksum. Asks nobody."""
    return _FORM.fullmatch(text) is not None and _checksum(text[:-_CHECK]) == text[-_CHECK:]


def digest(text: str) -> bytes:
    """What is kept of a key. With so many random bits a plain hash cannot be turned back."""
    return hashlib.sha256(text.encode()).digest()


def hint(text: str) -> str:
    """The last letters, by which its owner knows it."""
    return text[-HINT:]


def prefix(book: Book) -> str:
    """How keys of this book begin."""
    return _PREFIXES[book]


def _checksum(head: str) -> str:
    left, marks = zlib.crc32(head.encode()), []
    for _ in range(_CHECK):
        left, mark = divmod(left, len(_LETTERS))
        marks.append(_LETTERS[mark])
    return "".join(reversed(marks))
