"""How long to wait before asking again about what is not known. Pure."""

from datetime import timedelta

ASK_AFTER = (timedelta(seconds=5), timedelta(seconds=15), timedelta(seconds=60))
"""The first pauses between questions."""

ASK_UNKNOWN_AFTER = (timedelta(minutes=5), timedelta(hours=1))
"""After those, where nothing waits for a buyer; the last pause repeats."""


def pause(asked: int) -> timedelta:
    """The pause after the `asked`-th question: 5 s, 15 s, 60 s, 5 min, 1 h, and then every hour."""
    pauses = ASK_AFTER + ASK_UNKNOWN_AFTER
    return pauses[min(asked, len(pauses) - 1)]
