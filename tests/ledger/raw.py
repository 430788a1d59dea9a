"""SQL past the tunnel: what somebody with a console could try."""

import time
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError, connection
from django.db.transaction import atomic

from kernel import clock, ids
from ledger import accounts
from ledger.legs import AccountKey


def run(sql: str, values: Any = None) -> list[Any]:
    """Run a statement; its rows, if it has any."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall() if cursor.description else []


def transaction(**fields: Any) -> UUID:
    """A row of a transaction, without legs."""
    row = {
        "id": ids.new(),
        "reference": f"raw:{ids.new()}",
        "kind": "raw",
        "subject_type": "test",
        "subject_id": ids.new(),
        "occurred_at": clock.now(),
        "actor_kind": "system",
        "book": "live",
        "facts": "{}",
    } | fields
    insert("ledger_transaction", [row])
    return row["id"]


def legs(transaction_id: UUID, amounts: dict[int, int], **fields: Any) -> None:
    """One INSERT of these legs: account → amount."""
    insert("ledger_entry", [leg(transaction_id, *pair) | fields for pair in amounts.items()])


def leg(transaction_id: UUID, account: int, amount: int) -> dict[str, Any]:
    """A row of a leg, in yuan of the live book, as of now."""
    return {
        "id": ids.new(),
        "transaction_id": transaction_id,
        "account_id": account,
        "amount": amount,
        "currency": "CNY",
        "book": "live",
        "available_at": clock.now(),
        "guarded": False,
    }


def number_of(key: AccountKey) -> int:
    """The number of an account that exists."""
    return accounts.existing([key])[key]


def close(account: int, upto: datetime, previous: datetime | None = None, balance: int = 0) -> None:
    """A row of a close, with whatever balance the writer likes."""
    insert(
        "ledger_close",
        [
            {
                "account_id": account,
                "upto": upto,
                "previous": previous,
                "balance": balance,
                "closed_at": clock.now(),
            }
        ],
    )


def insert(table: str, rows: list[dict[str, Any]]) -> None:
    """One INSERT."""
    columns = list(rows[0])
    places = ", ".join("(" + ", ".join(["%s"] * len(columns)) + ")" for _ in rows)
    run(
        f"INSERT INTO {table} ({', '.join(columns)}) VALUES {places}",
        [row[column] for row in rows for column in columns],
    )


def refused(rule: str, *steps: Callable[[], Any]) -> None:
    """The steps, in one transaction, are refused by this rule and leave nothing."""
    before = run("SELECT count(*), sum(amount) FROM ledger_entry")
    with pytest.raises(IntegrityError) as refusal, atomic():
        for step in steps:
            step()
    assert rule_of(refusal.value) == rule
    assert run("SELECT count(*), sum(amount) FROM ledger_entry") == before


def rule_of(error: BaseException) -> str:
    """The name of the rule that refused."""
    return error.__cause__.diag.constraint_name or ""  # type: ignore[union-attr]


def wait_for_the_horizon() -> None:
    """Return when nothing that began before the last posting runs on, in any database of the server.

    Tests that run beside this one may each be one long transaction.
    """
    wait_until(
        "SELECT count(*) = 0 FROM ledger_transaction WHERE xid >= pg_snapshot_xmin(pg_current_snapshot())"
        " AND xid < pg_snapshot_xmax(pg_current_snapshot())",
        seconds=300,
    )


def wait_for_somebody_who_waits() -> None:
    """Return when another session of this database waits for an advisory lock."""
    wait_until(
        "SELECT count(*) > 0 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    )


def wait_until(sql: str, *, seconds: float = 10) -> None:
    """Return when the query says so. Fails after `seconds`."""
    end = time.monotonic() + seconds
    while not run(sql)[0][0]:
        assert time.monotonic() < end, f"It never was so: {sql}"
