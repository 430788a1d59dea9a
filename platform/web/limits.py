"""How often somebody may do something, counted in the database, so that all processes count together.

For the rare and costly: mails, look-ups, questions to a channel. Not for the hot requests of the sale, whose
limits are risk's.
"""

import random
from datetime import timedelta
from typing import Any

from django.db import connection
from django.utils.crypto import salted_hmac

from kernel import clock
from kernel.errors import Problem, said

_SALT = "web.limits"
_COUNT_MOST = 1_000_000
_COUNT = """
    INSERT INTO web_tally AS tally (key, count, ends_at) VALUES (%(key)s, %(times)s, %(ends_at)s)
    ON CONFLICT (key) DO UPDATE SET
        count = CASE WHEN tally.ends_at <= %(now)s THEN %(times)s
            ELSE least(tally.count + %(times)s, %(most)s) END,
        ends_at = CASE WHEN tally.ends_at <= %(now)s THEN %(ends_at)s ELSE tally.ends_at END
    RETURNING count, extract(epoch FROM ends_at - %(now)s)
"""
_LOOK = """
    SELECT count, extract(epoch FROM ends_at - %(now)s) FROM web_tally
    WHERE key = %(key)s AND ends_at > %(now)s
"""
_SWEEP = """
    DELETE FROM web_tally WHERE key IN (
        SELECT key FROM web_tally WHERE ends_at < %s ORDER BY ends_at LIMIT 500 FOR UPDATE SKIP LOCKED
    )
"""
_SWEEP_ONCE_IN = 200


class TooOften(Problem):
    """The limit is reached; `seconds` until it opens again."""

    code, status, title = "web.too_often", 429, said("That was too often. Try again in {seconds} seconds.")
    advice = said("Nothing was changed.")


def take(what: str, whom: str, *, most: int, per: timedelta) -> None:
    """Count one more `what` of `whom`. Raises TooOften beyond `most` within `per`. Commits at once."""
    count, seconds = add(what, whom, 1, per=per)
    if count > most:
        raise TooOften(seconds=seconds)


def check(what: str, whom: str, *, most: int) -> None:
    """Count nothing. Raises TooOften where this window has seen `most` already, as `add` counted them."""
    now = clock.now()
    with connection.cursor() as cursor:
        cursor.execute(_LOOK, {"key": _key(what, whom), "now": now})
        found = cursor.fetchone()
    if found is not None and found[0] >= most:
        raise TooOften(seconds=max(1, round(found[1])))


def add(what: str, whom: str, times: int, *, per: timedelta) -> tuple[int, int]:
    """Count `times` more. Gives the count of this window, and the seconds until the next one."""
    now = clock.now()
    values: dict[str, Any] = {
        "key": _key(what, whom),
        "times": times,
        "ends_at": now + per,
        "now": now,
        "most": _COUNT_MOST,
    }
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, values)
        count, seconds = cursor.fetchone()
        if random.randrange(_SWEEP_ONCE_IN) == 0:  # noqa: S311 - not a secret
            cursor.execute(_SWEEP, [now])
    return count, max(1, round(seconds))


def _key(what: str, whom: str) -> bytes:
    return salted_hmac(_SALT, f"{what}\x00{whom}", algorithm="sha256").digest()[:16]
