"""What somebody with a console might write past the services. Each must be refused, and change nothing."""

from collections.abc import Mapping
from uuid import UUID

from django.db import DatabaseError, connection, transaction

_TRANSACTION = """
    INSERT INTO ledger_transaction
        (id, reference, kind, subject_type, subject_id, occurred_at, actor_kind, book, facts)
    VALUES (%(new)s, {reference}, 'intruder', 'intruder', %(new)s, now(), 'system', 'sandbox', '{{}}')
"""
_LEGS = """
    INSERT INTO ledger_entry (id, transaction_id, account_id, amount, currency, book, available_at, guarded)
    SELECT gen_random_uuid(), {transaction}, a.id, v.amount * a.normal, a.currency, a.book, {at}, v.guarded
    FROM (VALUES {legs}) AS v (purpose, amount, guarded) JOIN ledger_account a ON a.purpose = v.purpose
    WHERE a.owner_id IN (%(merchant)s, %(account)s) AND a.currency = 'CNY'
"""
_PAIR = "('merchant', 500, false), ('channel_receivable', 500, false)"
_FIRST = """(
    SELECT t.{} FROM ledger_transaction t JOIN payments_payment p ON p.id = t.subject_id
    WHERE p.merchant_id = %(merchant)s ORDER BY t.id LIMIT 1)"""
_OF_THE_MERCHANT = "account_id IN (SELECT id FROM ledger_account WHERE owner_id = %(merchant)s)"


def _posting(legs: str = _PAIR, *, at: str = "now()", reference: str = "%(new)s::text") -> str:
    return f"{_TRANSACTION.format(reference=reference)}; {_legs(legs, at=at)}"


def _legs(legs: str = _PAIR, *, at: str = "now()", transaction: str = "%(new)s") -> str:
    return _LEGS.format(transaction=transaction, legs=legs, at=at)


INTRUSIONS: Mapping[str, str] = {
    "add a balanced pair to an old transaction": _legs(transaction=_FIRST.format("id")),
    "post legs that do not balance": _posting("('merchant', 500, false)"),
    "post a transaction without legs": _TRANSACTION.format(reference="%(new)s::text"),
    "post legs twice": f"{_posting()}; {_legs()}",
    "post a reference again": _posting(reference=_FIRST.format("reference")),
    "post into a closed period": _posting(
        at=f"(SELECT min(upto) FROM ledger_close WHERE {_OF_THE_MERCHANT})",
    ),
    "spend what is not there": _posting(
        "('merchant', -100000000, true), ('channel_receivable', -100000000, false)"
    ),
    "alter an amount": f"UPDATE ledger_entry SET amount = amount + 1 WHERE {_OF_THE_MERCHANT}",
    "delete entries": f"DELETE FROM ledger_entry WHERE {_OF_THE_MERCHANT}",
    "begin the closes of an account again": f"""
        INSERT INTO ledger_close (account_id, upto, previous, balance, closed_at)
        SELECT account_id, upto + interval '1 second', NULL, 0, now() FROM ledger_close
        WHERE {_OF_THE_MERCHANT} ORDER BY upto DESC LIMIT 1
    """,
    "pay an order twice": """
        INSERT INTO payments_payment SELECT (copied).* FROM (
            SELECT jsonb_populate_record(p, jsonb_build_object('id', %(new)s::text, 'ordinal', 19,
                'notify_token', left(%(new)s::text, 22), 'channel_txn', '', 'state', 'pending', 'use', '',
                'paid_at', NULL, 'available_at', NULL)
            ) AS copied FROM payments_payment p
            WHERE p.use = 'applied' AND p.merchant_id = %(merchant)s LIMIT 1
        ) AS copies;
        UPDATE payments_payment SET state = 'succeeded', use = 'applied', channel_txn = %(new)s::text,
            paid_at = now(), available_at = now(), next_query_at = NULL
        WHERE id = %(new)s
    """,
    "say that more was refunded than came": """
        UPDATE payments_payment SET refunded = amount + 1 WHERE merchant_id = %(merchant)s
    """,
    "take back that money came": """
        UPDATE payments_payment SET state = 'pending', use = ''
        WHERE use = 'applied' AND merchant_id = %(merchant)s
    """,
    "use one channel transaction twice": """
        UPDATE payments_payment SET state = 'succeeded', use = 'surplus', paid_at = now(),
            available_at = now(), next_query_at = NULL, channel_txn = (
                SELECT channel_txn FROM payments_payment
                WHERE channel_txn <> '' AND merchant_id = %(merchant)s LIMIT 1)
        WHERE channel_txn = '' AND merchant_id = %(merchant)s
    """,
    "make a paid order unpaid": """
        UPDATE payments_order SET payment_state = 'pending'
        WHERE paid_at IS NOT NULL AND merchant_id = %(merchant)s
    """,
    "lower a price": "UPDATE payments_order SET total = total - 1 WHERE merchant_id = %(merchant)s",
    "sell a delivered key again": """
        UPDATE merchants_stockitem
        SET state = 'available', order_id = NULL, ordinal = NULL, delivered_at = NULL
        WHERE state = 'delivered' AND merchant_id = %(merchant)s
    """,
    "give a delivered key to another": """
        UPDATE merchants_stockitem SET order_id = %(new)s
        WHERE state = 'delivered' AND merchant_id = %(merchant)s
    """,
    "deliver a key that nobody reserved": """
        UPDATE merchants_stockitem
        SET state = 'delivered', order_id = %(new)s, ordinal = 1, delivered_at = now()
        WHERE state = 'available' AND merchant_id = %(merchant)s
    """,
    "store a notice twice": """
        INSERT INTO payments_notice SELECT (copied).* FROM (
            SELECT jsonb_populate_record(n, jsonb_build_object('id', %(new)s::text)) AS copied
            FROM payments_notice n WHERE n.account_id = %(account)s LIMIT 1
        ) AS copies
    """,
    "write an audit row over": """
        UPDATE audit_row SET reason = 'nothing happened' WHERE merchant_id = %(merchant)s
    """,
    "write an event over": "UPDATE outbox_event SET payload = '{}' WHERE merchant_id = %(merchant)s",
}


def intrude(what: str, merchant: UUID, account: UUID, new: UUID) -> bool:
    """Try it. Whether anything was written; what was written stays, for whoever looks."""
    values = {"merchant": merchant, "account": account, "new": new}
    touched = 0
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            for statement in INTRUSIONS[what].split(";"):
                cursor.execute(statement, values)
                touched += cursor.rowcount
    except DatabaseError:
        return False
    return touched > 0
