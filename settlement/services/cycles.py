"""A settlement: ledger close → statement → payout drafted.

Each step is a transaction of its own, may be repeated, and is found again by a sweep: killed anywhere or run
twice at once, there is one statement and one payout.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from django.db import connection

from kernel import clock
from kernel.actors import SYSTEM, Actor
from kernel.books import Book
from kernel.crash import crash_point
from ledger import accounts, closes
from ledger.models import Close
from merchants.models import Merchant

from .. import rhythm, schedules
from ..errors import AccountBusy, TooEarly
from ..models import Statement
from ..postings import merchant_account
from ..states import Carried
from . import payouts, statements

_log = structlog.get_logger(__name__)
_AT_ONCE = 500

# Merchants whose money the platform holds, with each of their currencies.
_SETTLED = """
    SELECT a.id, a.owner_id, a.currency, m.clock_ahead
    FROM ledger_account a JOIN merchants_merchant m ON m.id = a.owner_id
    WHERE a.id > %(after)s AND a.owner_kind = 'merchant' AND a.purpose = 'merchant'
        AND m.settlement_mode = 'platform_payout'
    ORDER BY a.id LIMIT %(count)s
"""
# Where something came since the last statement, or where what kept a balance back is gone. That the last one
# was paid out is no news of its own: it stands in the next period in which something happens.
_WAITING = """
    SELECT d.account FROM unnest(%(accounts)s::bigint[], %(ends)s::timestamptz[]) AS d (account, ends)
    LEFT JOIN LATERAL (
        SELECT upto, closing, carried FROM settlement_statement s WHERE s.account_id = d.account
        ORDER BY s.upto DESC LIMIT 1
    ) AS s ON true
    WHERE (s.upto IS NULL OR s.upto < d.ends) AND (
        EXISTS (SELECT FROM ledger_entry e JOIN ledger_transaction t ON t.id = e.transaction_id
            WHERE e.account_id = d.account AND e.available_at <= d.ends
                AND e.available_at > coalesce(s.upto, '-infinity') AND t.kind <> 'payout.reserved')
        OR (s.closing > 0 AND s.carried = ANY (%(mended)s) AND EXISTS (
            SELECT FROM settlement_bankaccount b JOIN ledger_account a ON a.id = d.account
            LEFT JOIN settlement_schedule p ON p.merchant_id = a.owner_id
            WHERE b.merchant_id = a.owner_id AND b.currency = a.currency AND b.state = 'active'
                AND NOT coalesce(p.paused, false))))
"""


@dataclass(frozen=True, slots=True)
class Due:
    """A period that is over and not settled: `cycles.run` takes exactly these."""

    merchant_id: UUID
    currency: str
    upto: datetime


def due(now: datetime) -> Iterator[Due]:
    """What is to be settled: statements without a decision first, then periods that are over.

    `now` is the server's time; a twin's own clock counts for a twin.
    """
    undecided = Statement.objects.filter(outcome="").order_by("upto")[:_AT_ONCE]
    yield from [Due(each.merchant_id, each.currency, each.upto) for each in undecided]
    after = -1
    while page := _rows(_SETTLED, after=after, count=_AT_ONCE):
        after = page[-1][0]
        terms = schedules.of_many({row[1] for row in page})
        ends = {
            account: rhythm.latest(terms[merchant_id], now + ahead) for account, merchant_id, _, ahead in page
        }
        waiting = _rows(
            _WAITING,
            accounts=list(ends),
            ends=list(ends.values()),
            mended=[Carried.NO_ACCOUNT, Carried.PAUSED],
        )
        due_accounts = {row[0] for row in waiting}
        for account, merchant_id, currency, _ in page:
            if account in due_accounts:
                yield Due(merchant_id, currency, ends[account])


def sweep(limit: int) -> int:
    """Settle what is due, at most `limit`. A failure of one keeps no other waiting.

    Gives how many were done.
    """
    done = 0
    for place, each in enumerate(due(clock.now())):
        if place >= limit:
            break
        try:
            done += run(each.merchant_id, each.currency, each.upto) is not None
        except Exception:
            _log.exception("settlement.cycle_failed", merchant=str(each.merchant_id), currency=each.currency)
    return done


def run(merchant_id: UUID, currency: str, upto: datetime, *, actor: Actor = SYSTEM) -> Statement | None:
    """Settle what a merchant has in a currency up to and with `upto`; None where there is no account.

    Where the account is closed further than that already, its first close from `upto` on counts. `actor` is
    who asks for a payout out of turn, and may approve it no more. Raises TooEarly, AccountBusy.
    """
    merchant = Merchant.objects.select_related("licence").get(pk=merchant_id)
    if upto > clock.now(merchant):
        raise TooEarly(upto=upto.isoformat())
    key = merchant_account(merchant_id, currency, Book(merchant.book))
    account = accounts.existing([key]).get(key)
    if account is None:
        return None
    statement = statements.covering(account, upto)
    if statement is None:
        close_at = _close(account, upto)
        crash_point("settlement.after_close")
        statement = statements.make(account, close_at, actor=actor)
        crash_point("settlement.after_statement")
    return payouts.settle(statement, actor=actor)


def run_now(merchant: Merchant, currency: str, *, actor: Actor) -> Statement | None:
    """Settle out of turn all that is available now. A payout has `actor` as its maker."""
    return run(merchant.pk, currency, clock.now(merchant) - timedelta(microseconds=1), actor=actor)


def _close(account: int, upto: datetime) -> datetime:
    """Close the ledger account; the close that the statement names."""
    if closes.close([account], upto).left:
        raise AccountBusy(account=account)
    found: datetime = (
        Close.objects.filter(account_id=account, upto__gte=upto)
        .order_by("upto")
        .values_list("upto", flat=True)[0]
    )
    return found


def _rows(sql: str, **values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
