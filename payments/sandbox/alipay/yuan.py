"""Amounts as Alipay writes them: yuan with two decimals. Inside, fen."""

import re
from decimal import Decimal

_PLAIN = re.compile(r"[0-9]{1,9}(\.[0-9]{1,2})?", re.ASCII)
_MAX_FEN = 10_000_000_000  # 100,000,000.00 yuan


def parse(given: object) -> int:
    """Fen of `88.8`, `"88.80"` or a JSON number. Raises ValueError outside of 0.01 to 100,000,000."""
    text = str(given)
    if isinstance(given, bool) or not _PLAIN.fullmatch(text):
        raise ValueError("no amount")
    fen = int(Decimal(text).scaleb(2))
    if not 1 <= fen <= _MAX_FEN:
        raise ValueError("out of range")
    return fen


def show(fen: int) -> str:
    """`1888.80` for 188880, as it goes over the wire."""
    return f"{fen // 100}.{fen % 100:02d}"


def read_aloud(fen: int) -> str:
    """`1,888.80` for 188880, as a person reads it."""
    return f"{fen // 100:,}.{fen % 100:02d}"
