"""What never stands in a log line: secrets, addresses of people, and the tokens in addresses of pages.

Code does not log such things; this is the second wall, for what a library or an exception says.
"""

import re
from collections.abc import Mapping, MutableMapping
from typing import Any

HIDDEN = "…"

_SECRET_NAMES = re.compile(
    r"pass(word|phrase)?$|secret|token|authorization|cookie|signature|^sign$|private|credential|master|"
    r"^(api_?)?key$|e-?mail|contact|phone|^body$|card_?key",
    re.IGNORECASE,
)
# In an address: a segment of 20 and more with a digit or a capital is a token, unless it is a TypeID.
_TYPE_ID = r"[a-z]{2,8}_[0-9a-hjkmnp-tv-z]{26}(?![A-Za-z0-9_-])"
_RULES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"-----BEGIN [^-]+-----.*?(-----END [^-]+-----|$)", re.DOTALL), HIDDEN),
    (re.compile(rf"/(o|n)/(?!{HIDDEN})[A-Za-z0-9_-]{{8,}}"), rf"/\1/{HIDDEN}"),
    (re.compile(rf"(?<=/)(?!{_TYPE_ID})(?=[A-Za-z_-]*[0-9A-Z])[A-Za-z0-9_-]{{20,}}"), HIDDEN),
    (re.compile(r"([?&][A-Za-z_]*(?:pass|token|key|sign|code|secret)[A-Za-z_]*=)[^&\s\"']+"), rf"\1{HIDDEN}"),
    (re.compile(r"\b(Bearer|Basic)\s+[A-Za-z0-9+/=._~-]{6,}", re.IGNORECASE), rf"\1 {HIDDEN}"),
    (re.compile(r"\bkw_(live|test)_[A-Za-z0-9]{8,}"), rf"kw_\1_{HIDDEN}"),
    (re.compile(r"\b([sr]k|whsec)_[A-Za-z0-9_]{8,}"), rf"\1_{HIDDEN}"),
    (re.compile(r"(?<=://)[^/\s:@]*:[^/\s@]+@"), f"{HIDDEN}@"),
    (re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}"), HIDDEN),
)


def redact(_: Any, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor: hides what a line must not hold, by name and by look, at any depth."""
    for name, value in line.items():
        line[name] = HIDDEN if _SECRET_NAMES.search(name) else hidden(value)
    return line


def hidden(value: Any) -> Any:
    """`value` without what must not be seen."""
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return HIDDEN
    if isinstance(value, Mapping):
        return {k: HIDDEN if _SECRET_NAMES.search(str(k)) else hidden(v) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [hidden(one) for one in value]
    if isinstance(value, int | float) or value is None:
        return value
    return _text(str(value))


def _text(text: str) -> str:
    for pattern, instead in _RULES:
        text = pattern.sub(instead, text)
    return text
