"""PostgreSQL's binary COPY format, written at once for many rows of three columns: id, sealed, fingerprint.

The driver's own row-by-row writer costs as much as sealing does. Pure.
"""

import struct
from collections.abc import Sequence
from uuid import UUID

_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TRAILER = b"\xff\xff"
_LENGTH = struct.Struct(">i")
# A row: the number of its columns, then each with its length before it.
_ROW = struct.pack(">hi", 3, 16)
_FINGERPRINT = _LENGTH.pack(16)


def rows(ids: Sequence[UUID], sealed: Sequence[bytes], fingerprints: Sequence[bytes]) -> bytes:
    """What COPY … FROM STDIN (FORMAT BINARY) reads: one row for each place of the three sequences."""
    pack = _LENGTH.pack
    lines = [
        _ROW + key.bytes + pack(len(value)) + value + _FINGERPRINT + mark
        for key, value, mark in zip(ids, sealed, fingerprints, strict=True)
    ]
    return b"".join((_HEADER, *lines, _TRAILER))
