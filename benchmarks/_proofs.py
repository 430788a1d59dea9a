"""What must be true after a run. Each proof gives a sentence when it fails."""

from collections.abc import Iterator

_WHOLE = """
    SELECT (SELECT coalesce(sum(quantity), 0) FROM payments_order WHERE payment_state = 'paid'),
           (SELECT count(DISTINCT id) FROM merchants_stockitem WHERE state = 'delivered'),
           (SELECT count(*) FROM merchants_stockitem WHERE state = 'delivered'),
           (SELECT count(*) FROM payments_order WHERE payment_state = 'paid'),
           (SELECT count(*) FROM outbox_event WHERE topic = 'order.paid'),
           (SELECT count(*) FROM ledger_transaction WHERE subject_type IN ('order', 'payment'))
"""
_CONTENT = "SELECT count(*), (coalesce(sum(hashtextextended(t::text, 0)), 0) % 1000000007)::bigint FROM {} t"
# Every table that a notice may touch, by content.
_TABLES = (
    "payments_order", "payments_payment", "payments_notice", "payments_unverifiednotice", "payments_alert",
    "merchants_stockitem", "ledger_transaction", "ledger_entry", "outbox_event", "audit_row",
)  # fmt: skip


def paid_orders() -> int:
    """How many orders are paid."""
    return _row("SELECT count(*) FROM payments_order WHERE payment_state = 'paid'")[0]


def whole(expected: int) -> Iterator[str]:
    """Paid orders, keys, events and postings fit each other, and what the load counted."""
    sold, distinct, delivered, paid, events, posted = _row(_WHOLE)
    if paid != expected:
        yield f"{paid} orders are paid; {expected} notices were accepted"
    if not sold == distinct == delivered:
        yield f"{sold} keys are paid for, {delivered} delivered, {distinct} of them distinct"
    if events != paid:
        yield f"{paid} orders are paid and {events} events say so"
    if posted != paid:
        yield f"{paid} orders are paid and {posted} transactions are posted"


def relay() -> tuple[int, float]:
    """Number all events, as the workers do behind the sale: how many, and in how many seconds."""
    import time

    from outbox import relay as outbox_relay

    began, done = time.perf_counter(), 0
    while count := outbox_relay.number():
        done += count
    return done, time.perf_counter() - began


def audited() -> Iterator[str]:
    """The auditor finds nothing."""
    from ledger import auditor

    for finding in auditor.audit():
        if not finding.holds:
            yield f"{finding.invariant.code} does not hold: {finding.invariant.sentence} {finding.rows[:2]}"


def content() -> dict[str, tuple[int, ...]]:
    """The rows of each table and a checksum over them."""
    return {table: _row(_CONTENT.format(table)) for table in _TABLES}


def _row(sql: str) -> tuple[int, ...]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(sql)
        row: tuple[int, ...] = cursor.fetchone()
    return row
