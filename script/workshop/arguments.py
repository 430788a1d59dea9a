"""The few flags that commands take."""

from collections.abc import Sequence

from workshop.console import say
from workshop.trouble import Trouble


def flags(usage: str | None, words: Sequence[str], *known: str) -> set[str]:
    """The given flags; one that is not known, or a word that is none, is refused with the usage."""
    if "--help" in words or "-h" in words:
        say(usage or "")
        raise SystemExit(0)
    for word in words:
        if word not in known:
            raise Trouble(f"{word!r} is not understood. Usage: {(usage or '').splitlines()[0]}")
    return set(words)
