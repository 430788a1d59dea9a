"""When to ask a channel again. Pure."""

from datetime import datetime, timedelta

from kernel.patience import ASK_AFTER, pause

from .. import limits


def next_question(now: datetime, *, asked: int, waits_for_buyer: bool) -> datetime:
    """The time of the question after the `asked`-th.

    5 s, 15 s and 60 s first. Then every minute while a buyer may still pay, so that a lost notice costs a
    minute at most; else 5 min and 1 h, and then every hour.
    """
    return now + _pause(asked, waits_for_buyer)


def _pause(asked: int, waits_for_buyer: bool) -> timedelta:
    if waits_for_buyer and asked >= len(ASK_AFTER):
        return limits.ASK_PENDING_EVERY
    return pause(asked)
