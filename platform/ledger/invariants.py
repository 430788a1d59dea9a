"""What must always hold in the ledger: L1 to L11 of the safety page, over raw rows."""

from .auditor import Invariant
from .chain import CONTENT
from .purposes import DEBIT_NORMAL, TRANSIT

_TRANSIT_LIMIT = "3 days"

# Triggers, keys and indexes by name: one that was dropped or switched off is missed even before it did harm.
_TABLES = ("ledger_account", "ledger_transaction", "ledger_entry", "ledger_close", "ledger_link")
_GUARDS = {
    "trigger": [
        *(f"{table}_is_{what}" for table in _TABLES for what in ("kept", "not_emptied")),
        "ledger_account_is_stamped",
        "ledger_transaction_is_stamped",
        "ledger_transaction_has_legs",
        "ledger_entry_is_checked",
        "ledger_close_is_computed",
    ],
    "key": [
        "ledger_entry_account",
        "ledger_entry_of_transaction",
        "ledger_close_previous",
        "ledger_transaction_reference",
    ],
    "index": ["ledger_account_key", "ledger_close_previous_once", "ledger_close_pkey"],
}


def _listed(names: frozenset[str]) -> str:
    return ", ".join(f"'{name}'" for name in sorted(names))


def _sql(text: str) -> str:
    """The query, with the constants that stand in angle brackets filled in."""
    parts = {
        "<normal>": f"CASE WHEN a.purpose IN ({_listed(frozenset(DEBIT_NORMAL))}) THEN 1 ELSE -1 END",
        "<transit>": _listed(frozenset(TRANSIT)),
        "<transit limit>": _TRANSIT_LIMIT,
        "<content>": CONTENT,
        "<guards>": ", ".join(f"('{what}', '{name}')" for what in _GUARDS for name in _GUARDS[what]),
    }
    for mark, part in parts.items():
        text = text.replace(mark, part)
    return text


INVARIANTS = (
    Invariant(
        "ledger.balanced",
        "Each transaction sums to zero in each currency.",
        """
        SELECT transaction_id, currency, sum(amount) AS total FROM ledger_entry
        GROUP BY transaction_id, currency HAVING sum(amount) <> 0
        """,
    ),
    Invariant(
        "ledger.legs",
        "Each transaction has at least two legs.",
        """
        SELECT t.id, t.reference, count(e.id) AS legs FROM ledger_transaction t
        LEFT JOIN ledger_entry e ON e.transaction_id = t.id GROUP BY t.id HAVING count(e.id) < 2
        """,
    ),
    Invariant(
        "ledger.sealed",
        "Every leg was written by the database transaction that wrote its transaction.",
        """
        SELECT e.id, e.transaction_id, e.xid::text AS leg, t.xid::text AS seal FROM ledger_entry e
        LEFT JOIN ledger_transaction t ON t.id = e.transaction_id WHERE e.xid IS DISTINCT FROM t.xid
        """,
    ),
    Invariant(
        "ledger.accounts",
        "Currency and book of every leg are its account's, and the book its transaction's.",
        """
        SELECT e.id, e.account_id, e.currency, e.book FROM ledger_entry e
        LEFT JOIN ledger_account a ON a.id = e.account_id
        LEFT JOIN ledger_transaction t ON t.id = e.transaction_id
        WHERE (a.currency, a.book, t.book) IS DISTINCT FROM (e.currency, e.book, e.book)
        """,
    ),
    Invariant(
        "ledger.account_once",
        "There is one account for each owner, purpose, currency, book and store.",
        """
        SELECT owner_kind, owner_id, purpose, currency, book, store_id, count(*) AS accounts
        FROM ledger_account GROUP BY 1, 2, 3, 4, 5, 6 HAVING count(*) > 1
        """,
    ),
    Invariant(
        "ledger.normal",
        "Every account stands on the side of its purpose.",
        _sql("SELECT a.id, a.purpose, a.normal FROM ledger_account a WHERE a.normal <> <normal>"),
    ),
    Invariant(
        "ledger.one_store",
        "Points and store balance of one transaction belong to one store.",
        """
        SELECT e.transaction_id, count(DISTINCT a.store_id) AS stores FROM ledger_entry e
        JOIN ledger_account a ON a.id = e.account_id WHERE a.store_id IS NOT NULL
        GROUP BY e.transaction_id HAVING count(DISTINCT a.store_id) > 1
        """,
    ),
    Invariant(
        "ledger.reference_once",
        "A reference is posted once.",
        """
        SELECT reference, count(*) AS times FROM ledger_transaction
        GROUP BY reference HAVING count(*) > 1
        """,
    ),
    Invariant(
        "ledger.closes_chained",
        "The closes of an account follow one another without gap or overlap.",
        """
        SELECT account_id, upto, previous, before FROM (
            SELECT account_id, upto, previous,
                lag(upto) OVER (PARTITION BY account_id ORDER BY upto) AS before
            FROM ledger_close
        ) AS c WHERE previous IS DISTINCT FROM before
        """,
    ),
    Invariant(
        "ledger.closes_exact",
        "The balance of a close is the sum of everything up to it.",
        """
        SELECT account_id, upto, balance, derived FROM (
            SELECT account_id, upto, balance,
                sum(moved) OVER (PARTITION BY account_id ORDER BY upto) AS derived
            FROM (
                SELECT c.account_id, c.upto, c.balance, (
                    SELECT coalesce(sum(e.amount), 0) FROM ledger_entry e
                    WHERE e.account_id = c.account_id AND e.available_at <= c.upto
                        AND e.available_at > coalesce(c.previous, '-infinity')
                ) AS moved FROM ledger_close c
            ) AS periods
        ) AS closes WHERE balance <> derived
        """,
    ),
    Invariant(
        "ledger.covered",
        "Guarded legs never took more from an account than it was given.",
        _sql(
            """
            SELECT account_id, sum(change) AS left_over FROM (
                SELECT e.account_id, e.guarded, e.amount * <normal> AS change FROM ledger_entry e
                JOIN ledger_account a ON a.id = e.account_id
            ) AS legs WHERE guarded OR change > 0
            GROUP BY account_id HAVING bool_or(guarded) AND sum(change) < 0
            """
        ),
    ),
    Invariant(
        "ledger.covered_ahead",
        "Where every lowering leg is guarded, an account is never below zero from the last of them on.",
        _sql(
            """
            SELECT account_id, available_at, running FROM (
                SELECT account_id, available_at, sum(change) OVER ahead AS running,
                    lead(available_at, 1, 'infinity') OVER ahead AS until
                FROM (
                    SELECT e.account_id, e.available_at, sum(e.amount * <normal>) AS change
                    FROM ledger_entry e JOIN ledger_account a ON a.id = e.account_id GROUP BY 1, 2
                ) AS steps WINDOW ahead AS (PARTITION BY account_id ORDER BY available_at)
            ) AS balances JOIN (
                SELECT e.account_id, max(greatest(clock_timestamp(), t.occurred_at)) AS since
                FROM ledger_entry e JOIN ledger_account a ON a.id = e.account_id
                    JOIN ledger_transaction t ON t.id = e.transaction_id
                WHERE e.amount * <normal> < 0 GROUP BY e.account_id HAVING bool_and(e.guarded)
            ) AS lowered USING (account_id) WHERE until > since AND running < 0
            """
        ),
    ),
    Invariant(
        "ledger.reversals",
        "What was taken back of a transaction, less what was put back again, is never above it.",
        """
        SELECT target, currency, sum(amount) AS left_over FROM (
            SELECT o.id AS target, e.currency, e.amount FROM ledger_transaction o
                JOIN ledger_entry e ON e.transaction_id = o.id AND e.amount > 0
                WHERE EXISTS (SELECT FROM ledger_transaction r WHERE r.reverses_id = o.id)
            UNION ALL
            SELECT r.reverses_id, e.currency, -e.amount FROM ledger_transaction r
                JOIN ledger_entry e ON e.transaction_id = r.id AND e.amount > 0
                WHERE r.reverses_id IS NOT NULL
            UNION ALL
            SELECT r.reverses_id, e.currency, e.amount FROM ledger_transaction r
                JOIN ledger_transaction back ON back.reverses_id = r.id
                JOIN ledger_entry e ON e.transaction_id = back.id AND e.amount > 0
                WHERE r.reverses_id IS NOT NULL
        ) AS moved GROUP BY target, currency HAVING sum(amount) < 0
        """,
    ),
    Invariant(
        "ledger.transit_drains",
        # Payouts wait there for people, weekends and feasts long; settlement checks them one by one.
        f"What passes through a transit account is out again within {_TRANSIT_LIMIT}, thing by thing.",
        _sql(
            """
            SELECT a.id AS account_id, a.purpose, t.subject_type, t.subject_id, sum(e.amount) AS residue
            FROM ledger_account a JOIN ledger_entry e ON e.account_id = a.id
                JOIN ledger_transaction t ON t.id = e.transaction_id
            WHERE a.purpose IN (<transit>) AND t.subject_type <> 'payout'
            GROUP BY a.id, t.subject_type, t.subject_id
            HAVING sum(e.amount) <> 0 AND max(t.posted_at) < now() - interval '<transit limit>'
            """
        ),
    ),
    Invariant(
        "ledger.chain_whole",
        "The chain of hashes has no gap, and no transaction older than its head was left out.",
        """
        SELECT number, NULL::uuid AS left_out FROM (
            SELECT number, lag(number, 1, 0::bigint) OVER (ORDER BY number) AS before FROM ledger_link
        ) AS links WHERE number <> before + 1
        UNION ALL
        SELECT NULL, t.id FROM ledger_transaction t LEFT JOIN ledger_link l ON l.transaction_id = t.id
        WHERE l.number IS NULL AND t.xid < (
            SELECT head.xid FROM ledger_link l JOIN ledger_transaction head ON head.id = l.transaction_id
            WHERE head.xid < pg_snapshot_xmax(pg_current_snapshot()) ORDER BY l.number DESC LIMIT 1)
        """,
    ),
    Invariant(
        "ledger.chain_true",
        "Every link is the hash of the one before and of what its transaction and legs say now.",
        _sql(
            """
            SELECT number, transaction_id FROM (
                SELECT l.number, l.transaction_id, l.hash, sha256(
                    lag(l.hash, 1, decode(repeat('00', 32), 'hex')) OVER (ORDER BY l.number)
                    || sha256(convert_to(<content>, 'UTF8'))) AS derived
                FROM ledger_link l JOIN ledger_transaction t ON t.id = l.transaction_id
            ) AS links WHERE hash <> derived
            """
        ),
    ),
    Invariant(
        "ledger.guards_stand",
        "Every trigger, key and index that keeps the ledger is in place and switched on.",
        _sql(
            """
            SELECT what, name FROM (VALUES <guards>) AS wanted (what, name)
            WHERE name NOT IN (
                SELECT tgname FROM pg_trigger WHERE what = 'trigger' AND tgenabled IN ('O', 'A')
                UNION ALL
                SELECT conname FROM pg_constraint WHERE what = 'key' AND convalidated
                UNION ALL
                SELECT c.relname FROM pg_class c JOIN pg_index i ON i.indexrelid = c.oid
                WHERE what = 'index' AND i.indisunique AND i.indisvalid)
            """
        ),
    ),
)
