"""From the key of an account to its number."""

from collections.abc import Collection, Iterable

import orjson

from kernel.recent import Recent
from prepared import Statement

from .errors import Malformed
from .legs import AccountKey
from .models.account import draw_id
from .purposes import normal

__all__ = ["AccountKey", "existing", "forget", "numbers"]

# Accounts never change, so only a restored database makes a remembered number wrong (and then it is
# nobody's).
_numbers: Recent[AccountKey, int] = Recent(seconds=1800, size=100_000)

_KEY = "owner_kind text, owner_id uuid, purpose text, currency text, book text, store_id uuid"
_SAME = (
    "a.owner_kind = k.owner_kind AND a.purpose = k.purpose AND a.currency = k.currency AND a.book = k.book"
    " AND a.store_id IS NOT DISTINCT FROM k.store_id"
)

# Two branches, since an index answers `=` and `IS NULL`, but not `IS NOT DISTINCT FROM`. The last column
# says whether whoever opened the account has committed.
_FIND = Statement(
    f"""
    SELECT k.place, a.id, a.xid IS DISTINCT FROM pg_current_xact_id_if_assigned()
    FROM json_to_recordset($1::json) AS k (place int, {_KEY}), LATERAL (
        SELECT id, xid FROM ledger_account a WHERE a.owner_id = k.owner_id AND {_SAME}
        UNION ALL
        SELECT id, xid FROM ledger_account a WHERE k.owner_id IS NULL AND a.owner_id IS NULL AND {_SAME}
    ) AS a
    """  # noqa: S608 (constants of this module)
)
_OPEN = Statement(
    f"""
    INSERT INTO ledger_account (id, owner_kind, owner_id, purpose, currency, book, store_id, normal)
    SELECT id, owner_kind, owner_id, purpose, currency, book, store_id, normal
    FROM json_to_recordset($1::json) AS k (id bigint, normal smallint, {_KEY})
    ON CONFLICT DO NOTHING
    """  # noqa: S608 (constants of this module)
)


def numbers(keys: Iterable[AccountKey]) -> dict[AccountKey, int]:
    """The numbers of these accounts; those that are missing are opened, in the caller's transaction."""
    known, missing = _remembered(keys)
    if missing:
        known |= find(missing)
        missing = [key for key in missing if key not in known]
    if missing:
        _open(missing)
        # Whoever opened one of them at the same time has committed by now: the insert waited.
        known |= find(missing)
        if len(missing) > sum(key in known for key in missing):
            raise Malformed(why="an account could not be opened")
    return known


def existing(keys: Iterable[AccountKey]) -> dict[AccountKey, int]:
    """The numbers of those of these accounts that exist."""
    known, missing = _remembered(keys)
    return known | find(missing) if missing else known


def find(keys: Collection[AccountKey]) -> dict[AccountKey, int]:
    """The numbers as the database has them now."""
    ordered = list(keys)
    found = {}
    for place, number, is_committed in _FIND.rows(_json(ordered)):
        key = ordered[place]
        found[key] = number
        if is_committed:
            # One that our own transaction opened may yet be rolled back: it is not remembered.
            _numbers.get(key, found.__getitem__)
    return found


def forget() -> None:
    """Look every number up again: one that was remembered is no account of this database."""
    _numbers.forget()


def _remembered(keys: Iterable[AccountKey]) -> tuple[dict[AccountKey, int], list[AccountKey]]:
    known: dict[AccountKey, int] = {}
    missing: list[AccountKey] = []
    for key in keys:
        if key in known:
            continue
        try:
            known[key] = _numbers.get(key, _not_remembered)
        except LookupError:
            missing.append(key)
    return known, missing


def _not_remembered(key: AccountKey) -> int:
    raise LookupError(key)


def _open(keys: Collection[AccountKey]) -> None:
    # One order for all: two transactions that open the same accounts wait for one another, and never in a
    # circle.
    _OPEN.run(_json(sorted(keys, key=str), opening=True))


def _json(keys: Collection[AccountKey], *, opening: bool = False) -> str:
    rows = [_row(key, place) for place, key in enumerate(keys)]
    if opening:
        for row, key in zip(rows, keys, strict=True):
            row["id"], row["normal"] = draw_id(), normal(key.purpose)
    return orjson.dumps(rows).decode()


def _row(key: AccountKey, place: int) -> dict[str, object]:
    return {
        "place": place,
        "owner_kind": key.owner_kind,
        "owner_id": key.owner_id,
        "purpose": key.purpose,
        "currency": key.currency,
        "book": key.book,
        "store_id": key.store_id,
    }
