"""What is kept of a receiver's answer: a little, without what looks like a secret or a person."""

import re

MOST = 1_000
"""Characters."""
BYTES_READ = 4_096
_HIDDEN = "…"
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_RULES = (
    re.compile(r"-----BEGIN [^-]+-----.*?(-----END [^-]+-----|$)", re.DOTALL),
    re.compile(r"\b(?:whsec|sk|rk|pk)_[A-Za-z0-9_+/=]{8,}"),
    re.compile(r"\b(?:Bearer|Basic)\s+[A-Za-z0-9+/=._~-]{6,}", re.IGNORECASE),
    re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}"),
    re.compile(r"\b\d(?:[ -]?\d){10,18}\b"),  # cards, telephones, identity numbers
    re.compile(r"\b[A-Za-z0-9+/_-]{40,}={0,2}"),  # tokens
)


def of(body: bytes) -> str:
    """The beginning of an answer, fit to be shown."""
    text = _CONTROL.sub("", body[:BYTES_READ].decode("utf-8", "replace"))
    for rule in _RULES:
        text = rule.sub(_HIDDEN, text)
    return text[:MOST]
