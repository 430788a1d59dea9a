"""What must always hold of the news that the sale and settlement tell, over raw rows.

That an operator had a channel or a bank asked is on record and no step.
"""

from ledger.auditor import Invariant

NEWS = (
    Invariant(
        "payments.told_as_written",
        "Each step of a refund or payout, and each order that was placed or cancelled, has one event for one"
        " audit row.",
        """
        SELECT subject_id, topic, a.rows AS written, e.rows AS told FROM (
            SELECT subject_id, action AS topic, count(*) AS rows FROM audit_row
            WHERE subject_kind IN ('refund', 'payout') AND action LIKE subject_kind || '.%'
                AND action NOT IN ('refund.channel_asked', 'payout.bank_asked')
                OR action IN ('order.placed', 'order.cancelled')
            GROUP BY 1, 2
        ) AS a FULL JOIN (
            SELECT subject_id, topic, count(*) AS rows FROM outbox_event
            WHERE subject_kind IN ('refund', 'payout') OR topic IN ('order.placed', 'order.cancelled')
            GROUP BY 1, 2
        ) AS e USING (subject_id, topic)
        WHERE a.rows IS DISTINCT FROM e.rows
        """,
    ),
)
