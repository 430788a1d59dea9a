"""Codes as people type them, and as they are kept. No Django."""

import re
import unicodedata

_SPLIT = re.compile(r"[,;、，；\n]+")
_DROP = re.compile(r"[\s\-‐-―_.]+")
_KEPT = re.compile(r"[A-Z0-9]{3,32}", re.ASCII)
_SHOWN = 40


def normalised(text: str) -> str:
    """Upper case, without spaces and dashes; full-width letters are the narrow ones."""
    return _DROP.sub("", unicodedata.normalize("NFKC", text)).upper()


def is_code(text: str) -> bool:
    """Whether a normalised text can be a code at all."""
    return _KEPT.fullmatch(text) is not None


def read(text: str) -> tuple[str, ...]:
    """The codes in a field, each once, in the order they were typed; long ones are cut."""
    found = (normalised(part)[:_SHOWN] for part in _SPLIT.split(text))
    return tuple(dict.fromkeys(code for code in found if code))
