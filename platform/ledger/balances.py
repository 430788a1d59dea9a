"""What an account holds, and its lines. Amounts are as shown to people: a debt to a merchant is positive."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from kernel import clock
from kernel.books import Book
from kernel.errors import NotFound
from kernel.money import Money

from . import accounts
from .legs import AccountKey
from .purposes import OwnerKind, Purpose, normal

LINES_AT_MOST = 200
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# The last close, and what came after it.
_BALANCES = """
    SELECT k.id, (coalesce(c.balance, 0) + e.available) * a.normal, e.pending * a.normal
    FROM unnest(%(accounts)s::bigint[]) AS k (id) JOIN ledger_account a ON a.id = k.id
    LEFT JOIN LATERAL (
        SELECT upto, balance FROM ledger_close WHERE account_id = k.id AND upto <= %(at)s
        ORDER BY upto DESC LIMIT 1
    ) AS c ON true
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(amount) FILTER (WHERE available_at <= %(at)s), 0) AS available,
            coalesce(sum(amount) FILTER (WHERE available_at > %(at)s), 0) AS pending
        FROM ledger_entry WHERE account_id = k.id AND available_at > coalesce(c.upto, '-infinity')
    ) AS e
"""

# A page of lines, newest first, each with everything up to and with it.
_LINES = """
    WITH page AS (
        SELECT id, transaction_id, amount, available_at FROM ledger_entry
        WHERE account_id = %(account)s AND (available_at, id) < (%(before_at)s, %(before_id)s)
        ORDER BY available_at DESC, id DESC LIMIT %(count)s
    ), lowest AS (
        SELECT available_at, id FROM page ORDER BY available_at, id LIMIT 1
    ), closed AS (
        SELECT upto, balance FROM ledger_close
        WHERE account_id = %(account)s AND upto < (SELECT available_at FROM lowest) ORDER BY upto DESC LIMIT 1
    ), base AS (
        SELECT coalesce((SELECT balance FROM closed), 0) + coalesce(sum(amount), 0) AS amount
        FROM ledger_entry WHERE account_id = %(account)s
            AND available_at > coalesce((SELECT upto FROM closed), '-infinity')
            AND (available_at, id) < (SELECT available_at, id FROM lowest)
    )
    SELECT p.id, p.transaction_id, t.reference, t.kind, t.subject_type, t.subject_id, t.occurred_at,
        p.available_at, p.amount,
        (SELECT amount FROM base) + sum(p.amount) OVER (ORDER BY p.available_at, p.id)
    FROM page p JOIN ledger_transaction t ON t.id = p.transaction_id
    ORDER BY p.available_at DESC, p.id DESC
"""

_PENDING = """
    SELECT available_at, sum(amount) FROM ledger_entry
    WHERE account_id = %(account)s AND available_at > %(at)s
    GROUP BY available_at ORDER BY available_at LIMIT %(count)s
"""


@dataclass(frozen=True, slots=True)
class Balance:
    """`available` may be used now; `pending` will be at later times that are known already."""

    available: Money
    pending: Money


@dataclass(frozen=True, slots=True)
class Line:
    """One leg on an account: its reason, when it happened, when it counts, and the balance with it."""

    entry_id: UUID
    transaction_id: UUID
    reference: str
    kind: str
    subject: tuple[str, UUID]
    occurred_at: datetime
    available_at: datetime
    amount: Money
    balance: Money


@dataclass(frozen=True, slots=True)
class Lines:
    """A page of lines, newest first. `cursor` gives the next page; empty: this is the last."""

    lines: list[Line]
    cursor: str


def of(key: AccountKey, *, at: datetime | None = None) -> Balance:
    """The balance at `at`: now, where nothing is said; for a twin the caller says what its clock shows."""
    return of_many([key], at=at)[key]


def of_many(keys: Collection[AccountKey], *, at: datetime | None = None) -> dict[AccountKey, Balance]:
    """The balances at one moment. An account that was never used holds nothing."""
    found = accounts.existing(keys)
    by_number = {row[0]: row for row in _rows(_BALANCES, accounts=list(found.values()), at=at or clock.now())}
    balances = {}
    for key in keys:
        _, available, pending = by_number.get(found.get(key), (0, 0, 0))
        balances[key] = Balance(Money(int(available), key.currency), Money(int(pending), key.currency))
    return balances


def keys_of(owner_kind: OwnerKind, owner_id: UUID | None, book: Book) -> list[AccountKey]:
    """The accounts of an owner that exist, by purpose and currency."""
    rows = _rows(
        "SELECT purpose, currency, store_id FROM ledger_account"
        " WHERE owner_kind = %(kind)s AND book = %(book)s AND owner_id IS NOT DISTINCT FROM %(owner)s::uuid"
        " ORDER BY purpose, currency, store_id",
        kind=owner_kind,
        owner=owner_id,
        book=book,
    )
    return [AccountKey(owner_kind, owner_id, Purpose(row[0]), row[1], book, row[2]) for row in rows]


def pending(key: AccountKey, *, at: datetime | None = None, limit: int = 60) -> list[tuple[datetime, Money]]:
    """What becomes available when: the next `limit` times after `at`."""
    number = accounts.existing([key]).get(key)
    rows = _rows(_PENDING, account=number, at=at or clock.now(), count=limit)
    return [(moment, Money(int(amount) * normal(key.purpose), key.currency)) for moment, amount in rows]


def lines(key: AccountKey, *, cursor: str = "", limit: int = 50) -> Lines:
    """A page of an account's lines. Raises NotFound for a cursor that none of these pages gave."""
    before_at, before_id = _read_cursor(cursor)
    count = min(limit, LINES_AT_MOST)
    number = accounts.existing([key]).get(key)
    rows = _rows(_LINES, account=number, before_at=before_at, before_id=before_id, count=count + 1)
    page = [_line(row, key) for row in rows[:count]]
    return Lines(page, _write_cursor(page[-1]) if len(rows) > count else "")


def _line(row: tuple[Any, ...], key: AccountKey) -> Line:
    sign = normal(key.purpose)
    amount, balance = (Money(int(value) * sign, key.currency) for value in row[8:10])
    return Line(row[0], row[1], row[2], row[3], (row[4], row[5]), row[6], row[7], amount, balance)


def _rows(sql: str, **values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _write_cursor(line: Line) -> str:
    since_epoch = line.available_at - _EPOCH
    return f"{since_epoch // timedelta(microseconds=1)}.{line.entry_id.hex}"


def _read_cursor(text: str) -> tuple[Any, Any]:
    if not text:
        return "infinity", UUID(int=2**128 - 1)
    try:
        moment, _, entry = text.partition(".")
        return _EPOCH + timedelta(microseconds=int(moment)), UUID(hex=entry)
    except (ValueError, OverflowError) as error:
        raise NotFound(cursor=text[:64]) from error
