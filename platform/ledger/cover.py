"""Cover for guarded legs: a balance stays at or above zero, now and at every later time.

The database checks again after the legs are written; this refusal comes first, names what lacks, and leaves
the caller's transaction usable.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson

from kernel.books import Book
from kernel.money import Money
from prepared import Statement

from .errors import BalanceTooLow
from .legs import AccountKey, Posting
from .purposes import normal

_LOCK = Statement("SELECT FROM ledger_account WHERE id = ANY ($1::bigint[]) ORDER BY id FOR NO KEY UPDATE")

# `clock_timestamp`, not `now`: the transaction may have begun long before it got the lock. For a twin,
# whose clock runs ahead, now is when its transaction occurs.
_LOWEST = Statement(
    """
    SELECT g.id, ledger_lowest(g.id, greatest(clock_timestamp(), g.since), g.times, g.amounts)::text
    FROM json_to_recordset($1::json) AS g (id bigint, since timestamptz, times timestamptz[],
        amounts bigint[])
    """
)


def require(postings: Sequence[Posting], numbers: Mapping[AccountKey, int]) -> None:
    """Lock the accounts that guarded legs lower, then raise BalanceTooLow where cover lacks."""
    since = _guarded(postings)
    if not since:
        return
    keys = {numbers[key]: key for key in since}
    _LOCK.rows("{" + ",".join(map(str, sorted(keys))) + "}")
    for number, lowest in _LOWEST.rows(orjson.dumps(_asked(postings, numbers, since)).decode()):
        if int(lowest) < 0:
            raise BalanceTooLow(short=Money(-int(lowest), keys[number].currency), account=number)


def _guarded(postings: Sequence[Posting]) -> dict[AccountKey, datetime | None]:
    """The accounts to guard, and since when on a twin's clock; None: since now."""
    since: dict[AccountKey, datetime | None] = {}
    for posting in postings:
        for leg in posting.legs:
            if leg.guarded and leg.amount * normal(leg.account.purpose) < 0:
                before = since.get(leg.account)
                if posting.book == Book.SANDBOX:
                    since[leg.account] = max(before or posting.occurred_at, posting.occurred_at)
                else:
                    since[leg.account] = None
    return since


def _asked(
    postings: Sequence[Posting],
    numbers: Mapping[AccountKey, int],
    since: Mapping[AccountKey, datetime | None],
) -> list[dict[str, Any]]:
    times: dict[AccountKey, list[datetime]] = defaultdict(list)
    amounts: dict[AccountKey, list[int]] = defaultdict(list)
    for posting in postings:
        for leg in posting.legs:
            if leg.account in since:
                times[leg.account].append(leg.available_at or posting.occurred_at)
                amounts[leg.account].append(leg.amount)
    return [
        {"id": numbers[key], "since": start, "times": times[key], "amounts": amounts[key]}
        for key, start in since.items()
    ]
