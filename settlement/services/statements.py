"""Statements: made by one INSERT that the database computes, and read line by line."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

import audit
import outbox
from kernel import ids
from kernel.actors import Actor
from kernel.errors import NotFound

from .. import events
from ..lines import Line, read_line
from ..models import Statement

AT_ONCE = 5_000

# One at a time for an account. Without it, who comes second could see no statement when it looks, and then be
# numbered behind the very one that it repeats: the trigger looks a moment later.
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('settlement.statement', %(account)s))"
# The database fills in what is zero here. Who comes second finds the row, whichever of its keys is taken.
_MAKE = """
    INSERT INTO settlement_statement (id, merchant_id, account_id, book, currency, number, upto, opening,
        sales, refunds, fees, adjustments, disputes, payouts, closing, entries, created_at, outcome, carried)
    SELECT %(id)s, a.owner_id, a.id, a.book, a.currency, 0, %(upto)s, 0, 0, 0, 0, 0, 0, 0, 0, 0, now(), '', ''
    FROM ledger_account a WHERE a.id = %(account)s AND NOT EXISTS (
        SELECT FROM settlement_statement s WHERE s.account_id = a.id AND s.upto >= %(upto)s)
    ON CONFLICT DO NOTHING
"""
# The line of a discounted sale that is the buyer's money; of two of one amount, which are alike, the first.
_MEMO = """
    t.kind = 'payment.captured' AND t.facts ? 'discount' AND CASE WHEN t.facts ? 'discount'
        THEN -e.amount = (t.facts->>'list')::bigint - (t.facts->>'discount')::bigint
            AND NOT EXISTS (SELECT FROM ledger_entry o WHERE o.transaction_id = t.id
                AND o.account_id = e.account_id AND o.amount = e.amount AND o.id < e.id)
        ELSE false END
"""
# A fee that the platform takes or gives back; where the channel's is as large, the first of the two.
_TO_PLATFORM = """
    EXISTS (SELECT FROM ledger_entry o JOIN ledger_account a ON a.id = o.account_id
        WHERE o.transaction_id = t.id AND a.purpose = 'platform_fee' AND o.amount = -e.amount)
    AND NOT EXISTS (SELECT FROM ledger_entry o WHERE o.transaction_id = t.id
        AND o.account_id = e.account_id AND o.amount = e.amount AND o.id < e.id)
"""
# What the platform makes up for of a discount, or takes back with a refund; where the buyer's money is as
# much, the second of the two.
_MADE_UP_FOR = """
    EXISTS (SELECT FROM ledger_entry o JOIN ledger_account a ON a.id = o.account_id
        WHERE o.transaction_id = t.id AND a.purpose = 'promotion' AND o.amount = -e.amount)
    AND NOT EXISTS (SELECT FROM ledger_entry o WHERE o.transaction_id = t.id
        AND o.account_id = e.account_id AND o.amount = e.amount AND o.id > e.id)
"""
_LINES = f"""
    SELECT e.id, e.available_at, t.occurred_at, t.kind, t.subject_type, t.subject_id, t.reference, t.facts,
        -e.amount, {_MEMO}, {_TO_PLATFORM}, {_MADE_UP_FOR}
    FROM ledger_entry e JOIN ledger_transaction t ON t.id = e.transaction_id
    WHERE e.account_id = %(account)s AND e.available_at <= %(upto)s
        AND (e.available_at, e.id) > (%(after_at)s, %(after_id)s)
    ORDER BY e.available_at, e.id LIMIT %(count)s
"""  # noqa: S608 (constants of this module)
_AT = "SELECT available_at FROM ledger_entry WHERE id = %(id)s AND account_id = %(account)s"


def make(account: int, close_at: datetime, *, actor: Actor) -> Statement:
    """The statement of a ledger account that ends at this close, or the one that covers it already."""
    key = ids.new()
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_LOCK, {"account": account})
            cursor.execute(_MAKE, {"id": key, "account": account, "upto": close_at})
            is_new = cursor.rowcount == 1
        if is_new:
            statement: Statement = Statement.objects.get(pk=key)
            facts = {"number": statement.number, "closing": statement.closing}
            audit.record(
                actor,
                events.STATEMENT_CLOSED,
                ("statement", statement.pk),
                merchant_id=statement.merchant_id,
                facts=facts,
            )
            outbox.emit([events.of_statement(statement)])
            return statement
    found = covering(account, close_at)
    if found is None:
        # Somebody made an earlier one at the same moment, and the chain goes on behind that.
        return make(account, close_at, actor=actor)
    return found


def covering(account: int, moment: datetime) -> Statement | None:
    """The statement of an account in whose period a moment lies."""
    later = Statement.objects.filter(account_id=account, upto__gte=moment)
    return later.select_related("merchant__licence").order_by("upto").first()


def latest(account: int) -> Statement | None:
    """The last statement of an account."""
    return Statement.objects.filter(account_id=account).order_by("-upto").first()


def lines(statement: Statement) -> Iterator[Line]:
    """The ledger's lines in the period, oldest first. A million of them never lie in memory at once."""
    after = _before(statement)
    while True:
        found = _read(statement, after, AT_ONCE)
        yield from found
        if len(found) < AT_ONCE:
            return
        after = found[-1].available_at, found[-1].entry_id


def page(statement: Statement, *, after: str, count: int) -> tuple[list[Line], str]:
    """At most `count` lines behind the cursor `after`, and the cursor of the next page, empty at the end.

    A cursor is an entry's id; one that is none of the statement's lines begins anew.
    """
    found = _read(statement, _behind(statement, after), count + 1)
    rest = len(found) > count
    return found[:count], str(found[count - 1].entry_id) if rest else ""


def _before(statement: Statement) -> tuple[datetime | str, UUID]:
    """What lies at the earlier close itself belongs to the statement before: no key is above this one."""
    return statement.previous or "-infinity", UUID(int=2**128 - 1)


def _behind(statement: Statement, cursor: str) -> tuple[datetime | str, UUID]:
    try:
        entry_id = UUID(cursor)
    except ValueError:
        return _before(statement)
    with connection.cursor() as asked:
        asked.execute(_AT, {"id": entry_id, "account": statement.account_id})
        row = asked.fetchone()
    return (row[0], entry_id) if row else _before(statement)


def _read(statement: Statement, after: tuple[datetime | str, UUID], count: int) -> list[Line]:
    values: dict[str, Any] = {
        "account": statement.account_id,
        "upto": statement.upto,
        "after_at": after[0],
        "after_id": after[1],
        "count": count,
    }
    with connection.cursor() as cursor:
        cursor.execute(_LINES, values)
        return [read_line(row, statement.currency) for row in cursor.fetchall()]


def of_merchant(merchant_id: UUID, statement_id: UUID) -> Statement:
    """A statement of this merchant. Raises NotFound for anybody else's."""
    found = Statement.objects.filter(merchant_id=merchant_id, pk=statement_id).first()
    if found is None:
        raise NotFound(statement=str(statement_id))
    return found
