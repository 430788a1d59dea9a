"""When to try again, and what an answer means. Pure.

The schedule of Standard Webhooks: at once, then after 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h and
24 h, each up to a fifth longer, so that what failed together does not come again together.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from uuid import UUID

_H = 3_600
PAUSES = tuple(
    timedelta(seconds=seconds)
    for seconds in (5, 300, 1_800, 2 * _H, 5 * _H, 10 * _H, 14 * _H, 20 * _H, 24 * _H)
)
ATTEMPTS = len(PAUSES) + 1
JITTER = 0.2
FAILING_FOR = timedelta(days=5)
"""An endpoint that accepted nothing for so long is switched off."""
LONGEST_WAIT = timedelta(hours=24)
"""No `Retry-After` holds an endpoint back for longer."""
_GONE = 410
_BUSY = frozenset({429, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Verdict:
    """What follows from an answer.

    `again_after`: the pause until the next attempt; None: there is none. `hold`: how long the whole endpoint
    asked to be left alone.
    """

    accepted: bool
    again_after: timedelta | None = None
    hold: timedelta | None = None
    gone: bool = False


def judge(status: int | None, *, attempts: int, delivery: UUID, retry_after: timedelta | None) -> Verdict:
    """What an answer (None: there was none) to attempt number `attempts` means. A redirect is a failure."""
    if status is not None and 200 <= status < 300:
        return Verdict(accepted=True)
    if status == _GONE:
        return Verdict(accepted=False, gone=True)
    hold = min(retry_after, LONGEST_WAIT) if retry_after and status in _BUSY else None
    if attempts >= ATTEMPTS:
        return Verdict(accepted=False, hold=hold)
    pause = PAUSES[max(0, attempts - 1)] * (1 + JITTER * _fraction(delivery, attempts))
    return Verdict(accepted=False, again_after=max(pause, hold or pause), hold=hold)


def retry_after(header: str, *, now: datetime) -> timedelta | None:
    """What a `Retry-After` header asks for: seconds or a date. None where it makes no sense."""
    text = header.strip()
    if text.isascii() and text.isdigit():
        return timedelta(seconds=min(int(text[:9]), int(LONGEST_WAIT.total_seconds())))
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    wait = until.replace(tzinfo=until.tzinfo or UTC) - now
    return wait if wait > timedelta() else None


def _fraction(delivery: UUID, attempts: int) -> float:
    """Between 0 and 1, different for each delivery and attempt: its name ends in a hash."""
    return ((delivery.int & 0xFFFFFFFF) * 2_654_435_761 * attempts % 1_000) / 1_000
