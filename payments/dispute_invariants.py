"""What must always hold of disputes, over raw rows."""

from ledger.auditor import Invariant

DISPUTES = (
    Invariant(
        "payments.disputes_posted",
        "A dispute's money is held once in the ledger, and then returned, gone or recovered, as it stands;"
        " what is still held is its amount.",
        """
        SELECT d.id, d.funds FROM payments_dispute d
            LEFT JOIN ledger_transaction t ON t.subject_type = 'dispute' AND t.subject_id = d.id
        GROUP BY d.id
        HAVING count(t.id) FILTER (WHERE t.kind = 'dispute.held') <> (d.funds <> 'untouched')::int
            OR count(t.id) FILTER (WHERE t.kind = 'dispute.returned') <> (d.funds = 'returned')::int
            OR count(t.id) FILTER (WHERE t.kind = 'dispute.gone') <> (d.funds IN ('gone', 'recovered'))::int
            OR count(t.id) FILTER (WHERE t.kind = 'dispute.recovered') <> (d.funds = 'recovered')::int
            OR coalesce((SELECT -sum(e.amount) FROM ledger_entry e
                JOIN ledger_transaction h ON h.id = e.transaction_id
                JOIN ledger_account a ON a.id = e.account_id AND a.purpose = 'dispute_hold'
                WHERE h.subject_type = 'dispute' AND h.subject_id = d.id), 0)
                <> CASE d.funds WHEN 'held' THEN d.amount ELSE 0 END
        """,
    ),
    Invariant(
        "payments.dispute_fees",
        "What a channel charges for a dispute is what it owes less for it.",
        """
        SELECT d.id, d.fee FROM payments_dispute d
        WHERE d.fee <> coalesce((SELECT -sum(e.amount) FROM ledger_entry e
            JOIN ledger_transaction t ON t.id = e.transaction_id AND t.kind = 'dispute.fee'
            JOIN ledger_account a ON a.id = e.account_id AND a.purpose = 'channel_receivable'
            WHERE t.subject_type = 'dispute' AND t.subject_id = d.id), 0)
        """,
    ),
    Invariant(
        "payments.disputes_have_source",
        "A dispute is of its payment's order, account, merchant, book and currency, and every transaction of"
        " one has its dispute.",
        """
        SELECT d.id FROM payments_dispute d JOIN payments_payment p ON p.id = d.payment_id
        WHERE (d.order_id, d.account_id, d.merchant_id, d.book, d.currency)
            <> (p.order_id, p.account_id, p.merchant_id, p.book, p.currency)
            OR d.amount > coalesce(p.received, p.amount) OR p.state <> 'succeeded'
        UNION ALL
        SELECT t.id FROM ledger_transaction t LEFT JOIN payments_dispute d ON d.id = t.subject_id
        WHERE t.subject_type = 'dispute' AND d.id IS NULL
        """,
    ),
)
