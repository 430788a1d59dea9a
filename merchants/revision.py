"""Whether anything for sale, any shop, any account or any plan was changed: one number to compare.

Every statement that changes such a table leaves a row with a random token, in its transaction; the sum of the
tokens is the revision. A process looks at it every few seconds, and keeps what it has read of thousands of
merchants for as long as it stays the same. Old rows are added up into one, which changes no sum.
"""

from decimal import Decimal

from kernel.recent import Recent
from prepared import Statement

FRESH_SECONDS = 3.0
"""For how long another process may still act on what was just changed."""

KEPT_SECONDS = 3_600.0
"""After which everything is read anew, whatever the revision says."""

_SUM = Statement("SELECT coalesce(sum(token), 0) FROM merchants_configuration_change")
_ADD_UP = Statement(
    """
    WITH old AS (
        DELETE FROM merchants_configuration_change WHERE at < now() - interval '1 day' RETURNING token)
    INSERT INTO merchants_configuration_change (token) SELECT sum(token) FROM old HAVING count(*) > 0
    """
)

_seen: Recent[str, Decimal] = Recent(seconds=FRESH_SECONDS, size=1)


def current() -> Decimal:
    """The revision, as it stood at most FRESH_SECONDS ago."""
    return _seen.get("", _load)


def forget() -> None:
    """Look anew from now on, in this process: after something was changed here."""
    _seen.forget()


def add_up() -> None:
    """Make one row of those that are older than a day."""
    _ADD_UP.run()


def _load(_key: str) -> Decimal:
    ((total,),) = _SUM.rows()
    return Decimal(total)
