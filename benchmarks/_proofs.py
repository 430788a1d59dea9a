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

_RENEWED = """
    SELECT (SELECT count(*) FROM subscriptions_subscription WHERE period = 2 AND state = 'active'),
        (SELECT count(*) FROM subscriptions_invoice WHERE kind = 'renewal'),
        (SELECT count(DISTINCT subscription_id) FROM subscriptions_invoice
            WHERE kind = 'renewal' AND state = 'paid'),
        (SELECT count(*) FROM payments_order WHERE subscription_id IS NOT NULL),
        (SELECT count(DISTINCT subscription_id) FROM payments_order WHERE payment_state = 'paid'),
        (SELECT count(*) FROM payments_payment WHERE mandate_id IS NOT NULL),
        (SELECT count(DISTINCT channel_txn) FROM payments_payment
            WHERE mandate_id IS NOT NULL AND state = 'succeeded'),
        (SELECT count(*) FROM sandbox.stripe_session WHERE mode = 'off_session'),
        (SELECT count(DISTINCT reference) FROM sandbox.stripe_session
            WHERE mode = 'off_session' AND intent_status = 'succeeded'),
        (SELECT count(DISTINCT kept_id) FROM sandbox.stripe_session WHERE mode = 'off_session'),
        (SELECT count(*) FROM merchants_entitlementgrant g JOIN subscriptions_invoice i
            ON i.id = g.invoice_id WHERE i.kind = 'renewal'),
        (SELECT count(*) FROM outbox_event WHERE topic = 'subscription.renewed')
"""
_RENEWED_NAMES = (
    "active subscriptions in their second period", "invoices of renewals", "subscriptions with one paid",
    "orders of subscriptions", "subscriptions with a paid order", "payments by mandate",
    "transactions that paid by mandate", "intents at Stripe", "payments that Stripe took",
    "cards that Stripe charged", "grants of renewals", "events of renewals",
)  # fmt: skip
_POSTED = """
    SELECT (SELECT count(*) FROM ledger_transaction WHERE subject_type IN ('order', 'payment')),
        (SELECT count(*) FROM payments_order WHERE payment_state = 'paid'),
        (SELECT count(*) FROM merchants_stockitem WHERE state = 'delivered')
"""


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


def renewed(expected: int, *, sold: int) -> Iterator[str]:
    """Every subscription was renewed exactly once, wherever one counts, and `sold` keys were sold besides."""
    for name, found in zip(_RENEWED_NAMES, _row(_RENEWED), strict=True):
        if found != expected:
            yield f"{found} {name}; there should be {expected}"
    posted, paid, delivered = _row(_POSTED)
    if (posted, paid, delivered) != (expected + sold, expected + sold, sold):
        yield f"{paid} orders are paid, {posted} posted, {delivered} keys delivered; {sold} were sold"


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
