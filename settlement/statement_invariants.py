"""What must always hold of statements, over raw rows."""

from ledger.auditor import Invariant

# What the payments' and refunds' postings count as; written here a second time, since whoever broke the rows
# could have changed the function by which the statement was computed.
_CATEGORY = """CASE
        WHEN t.kind LIKE 'payment.%' THEN CASE WHEN e.amount < 0 THEN 'sales' ELSE 'fees' END
        WHEN t.kind = 'refund.given_up' THEN CASE WHEN e.amount < 0 THEN 'refunds' ELSE 'fees' END
        WHEN t.kind LIKE 'refund.%' THEN CASE WHEN e.amount > 0 THEN 'refunds' ELSE 'fees' END
        WHEN t.kind LIKE 'fee.%' THEN 'fees' WHEN t.kind LIKE 'dispute.%' THEN 'disputes'
        WHEN t.kind LIKE 'payout.%' THEN 'payouts' ELSE 'adjustments' END"""

STATEMENTS = (
    Invariant(
        "settlement.statement_is_the_ledger",
        "The sums of a statement are those of the ledger's lines between its two closes.",
        f"""
        SELECT s.id, s.account_id, s.number FROM settlement_statement s LEFT JOIN LATERAL (
            SELECT count(*) AS entries,
                coalesce(sum(shown) FILTER (WHERE category = 'sales'), 0) AS sales,
                coalesce(sum(shown) FILTER (WHERE category = 'refunds'), 0) AS refunds,
                coalesce(sum(shown) FILTER (WHERE category = 'fees'), 0) AS fees,
                coalesce(sum(shown) FILTER (WHERE category = 'adjustments'), 0) AS adjustments,
                coalesce(sum(shown) FILTER (WHERE category = 'disputes'), 0) AS disputes,
                coalesce(sum(shown) FILTER (WHERE category = 'payouts'), 0) AS payouts
            FROM (
                SELECT -e.amount AS shown, {_CATEGORY} AS category
                FROM ledger_entry e JOIN ledger_transaction t ON t.id = e.transaction_id
                WHERE e.account_id = s.account_id AND e.available_at <= s.upto
                    AND e.available_at > coalesce(s.previous, '-infinity')
            ) AS moved
        ) AS m ON true
        WHERE (s.entries, s.sales, s.refunds, s.fees, s.adjustments, s.disputes, s.payouts)
            IS DISTINCT FROM (m.entries, m.sales, m.refunds, m.fees, m.adjustments, m.disputes, m.payouts)
            OR s.closing <> s.opening + s.sales + s.refunds + s.fees + s.adjustments + s.disputes + s.payouts
        """,  # noqa: S608 (constants of this module)
    ),
    Invariant(
        "settlement.statement_is_its_close",
        "A statement closes with the balance of the ledger's close that it names.",
        """
        SELECT s.id, s.closing, c.balance FROM settlement_statement s
        LEFT JOIN ledger_close c ON c.account_id = s.account_id AND c.upto = s.upto
        WHERE c.balance IS DISTINCT FROM -s.closing
        """,
    ),
    Invariant(
        "settlement.statements_chained",
        "The statements of an account follow one another by number, time and balance, without gap.",
        """
        SELECT id, account_id, number FROM (
            SELECT id, account_id, number, previous, opening,
                lag(number, 1, 0) OVER chain AS number_before, lag(upto) OVER chain AS upto_before,
                lag(closing, 1, 0::bigint) OVER chain AS closing_before
            FROM settlement_statement WINDOW chain AS (PARTITION BY account_id ORDER BY upto)
        ) AS s WHERE number <> number_before + 1 OR previous IS DISTINCT FROM upto_before
            OR opening <> closing_before
        """,
    ),
    Invariant(
        "settlement.statement_of_its_account",
        "A statement has the merchant, currency and book of its ledger account, one for each end.",
        """
        SELECT s.id FROM settlement_statement s JOIN ledger_account a ON a.id = s.account_id
        WHERE (a.owner_kind, a.purpose, a.owner_id, a.currency, a.book)
            IS DISTINCT FROM ('merchant', 'merchant', s.merchant_id, s.currency, s.book)
        UNION ALL
        SELECT min(id::text)::uuid FROM settlement_statement GROUP BY merchant_id, currency, upto
        HAVING count(*) > 1
        """,
    ),
    Invariant(
        "settlement.statements_as_closed",
        "Every statement that was closed is there, with the number and the balance it was closed with.",
        """
        SELECT coalesce(s.id, r.subject_id) AS id, s.number, s.closing, r.facts FROM (
            SELECT subject_id, merchant_id, facts FROM audit_row WHERE action = 'statement.closed'
        ) AS r FULL JOIN settlement_statement s ON s.id = r.subject_id
        WHERE (s.merchant_id, s.number, s.closing)
            IS DISTINCT FROM (r.merchant_id, (r.facts->>'number')::bigint, (r.facts->>'closing')::bigint)
        """,
    ),
    Invariant(
        "settlement.outcome",
        "A statement says “drafted” if and only if it has a payout, and no payout is above its balance.",
        """
        SELECT s.id, s.outcome, p.id AS payout_id FROM settlement_statement s
        LEFT JOIN settlement_payout p ON p.statement_id = s.id
        WHERE (s.outcome = 'drafted') <> (p.id IS NOT NULL) OR p.amount > s.closing
            OR (s.merchant_id, s.currency, s.book) <> (p.merchant_id, p.currency, p.book)
        """,
    ),
    Invariant(
        "settlement.statement_discounts",
        "What a statement says that codes took off is what its sales were paid less for.",
        """
        SELECT s.id, s.discounts, s.promotions FROM settlement_statement s LEFT JOIN LATERAL (
            SELECT coalesce(sum(discount), 0) AS discounts, coalesce(sum(promotion), 0) AS promotions FROM (
                SELECT DISTINCT t.id, (t.facts->>'discount')::bigint AS discount,
                    (t.facts->>'promotion')::bigint AS promotion
                FROM ledger_entry e JOIN ledger_transaction t ON t.id = e.transaction_id
                WHERE e.account_id = s.account_id AND e.available_at <= s.upto
                    AND e.available_at > coalesce(s.previous, '-infinity') AND t.kind = 'payment.captured'
                    AND CASE WHEN t.facts ? 'discount' THEN -e.amount
                        = (t.facts->>'list')::bigint - (t.facts->>'discount')::bigint ELSE false END
            ) AS sales
        ) AS m ON true
        WHERE (s.discounts, s.promotions) IS DISTINCT FROM (m.discounts, m.promotions)
        """,
    ),
)
