"""What must always hold in risk."""

from ledger.auditor import Invariant

INVARIANTS = (
    Invariant(
        "risk.reasons",
        "A decision other than allow says why.",
        "SELECT id FROM risk_decision WHERE outcome <> 'allow' AND jsonb_array_length(reasons) = 0",
    ),
    Invariant(
        "risk.rules",
        "No decision was made by a limit of the other book or of another merchant.",
        """
        SELECT d.id FROM risk_decision d
        CROSS JOIN jsonb_array_elements(d.reasons) AS told
        JOIN risk_limit l ON l.id = (told ->> 'limit')::uuid
        WHERE l.book <> d.book OR l.merchant_id <> d.merchant_id
        """,
    ),
    Invariant(
        "risk.entries",
        "No decision was made by a list entry of the other book or of another merchant.",
        """
        SELECT d.id FROM risk_decision d
        CROSS JOIN jsonb_array_elements(d.reasons) AS told
        JOIN risk_list_entry e ON e.id = (told ->> 'entry')::uuid
        WHERE e.book <> d.book OR e.merchant_id <> d.merchant_id
        """,
    ),
    Invariant(
        "risk.book",
        "A decision, a limit and a list entry stand in the book of their merchant.",
        """
        SELECT d.id FROM (
            SELECT id, merchant_id, book FROM risk_decision
            UNION ALL SELECT id, merchant_id, book FROM risk_limit
            UNION ALL SELECT id, merchant_id, book FROM risk_list_entry
        ) d
        JOIN merchants_merchant m ON m.id = d.merchant_id
        WHERE m.book <> d.book
        """,
    ),
    Invariant(
        "risk.reviews",
        "A review that ended names who ended it in the audit trail.",
        """
        SELECT d.id FROM risk_decision d
        WHERE d.review IN ('released', 'rejected') AND NOT EXISTS (
            SELECT FROM audit_row a WHERE a.subject_id = d.id AND a.action LIKE 'risk.review_%'
        )
        """,
    ),
)
