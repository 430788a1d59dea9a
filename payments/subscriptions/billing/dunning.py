"""When an unpaid period is tried again, and when nobody waits any more."""

from collections.abc import Sequence
from datetime import datetime, timedelta

RETRY_DAYS = (0, 2, 5, 9)
"""Days after a period was due on which it is tried; after the last the subscription ends."""

MAX_RETRY_DAY = 30
GRACE_DAYS = 3
"""Days that a membership stays on unpaid."""

NOTICE_DAYS = 7
MARKET_NOTICE_DAYS = {"CN": 5}
"""Days before an automatic charge on which its buyer is told, by the merchant's country.

China: Measures for the Supervision of Online Trading, article 18: five days before each renewal.
"""


def next_try(due: datetime, retry_days: Sequence[int], tries: int) -> datetime | None:
    """When the schedule tries again after `tries` tries; None: that was the last."""
    return due + timedelta(days=retry_days[tries]) if tries < len(retry_days) else None


def last_try(due: datetime, retry_days: Sequence[int]) -> datetime:
    """When the schedule ends."""
    return due + timedelta(days=retry_days[-1])


def grace_until(due: datetime, retry_days: Sequence[int], grace_days: int) -> datetime:
    """Until when a membership stays on unpaid: never longer than somebody still tries."""
    return due + timedelta(days=min(grace_days, retry_days[-1]))


def notice_at(starts: datetime, ends: datetime, days: int) -> datetime:
    """When the buyer is told of the charge at `ends`; in a period shorter than that, at once."""
    return max(starts, ends - timedelta(days=days))


def notice_days(country: str, own: int | None) -> int:
    """A merchant's days of notice: its own choice, never fewer than its market wants."""
    market = MARKET_NOTICE_DAYS.get(country, NOTICE_DAYS)
    return market if own is None else max(own, MARKET_NOTICE_DAYS.get(country, 1))
