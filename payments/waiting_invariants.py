"""What must always hold of orders that wait for money: they end, and another amount pays nothing."""

from ledger.auditor import Invariant

WAITING = (
    Invariant(
        "payments.expires",
        "An unpaid order whose time is up ends within two minutes, unless its channel is just being asked or"
        " says nothing; then a person knows of it within a day.",
        """
        SELECT o.id, o.expires_at FROM payments_order o JOIN merchants_merchant m ON m.id = o.merchant_id
        WHERE o.payment_state = 'pending' AND o.expires_at < now() + m.clock_ahead - interval '2 minutes'
            AND NOT EXISTS (SELECT FROM payments_payment p WHERE p.order_id = o.id
                AND p.state IN ('created', 'pending', 'unknown')
                AND p.next_query_at > now() - interval '2 minutes'
                -- A twin's clock jumps, and its channel is asked within a minute of ours.
                AND (m.clock_ahead > interval '0' OR o.expires_at > now() - interval '10 minutes'
                    OR p.state = 'unknown' AND (p.created_at > now() - interval '26 hours'
                        OR EXISTS (SELECT FROM payments_alert a WHERE a.subject_id = p.id))))
        """,
    ),
    Invariant(
        "payments.processing_has_reason",
        "An order is processing only while a message of money waits to be confirmed.",
        """
        SELECT o.id, o.expires_at FROM payments_order o WHERE o.payment_state = 'processing'
            AND NOT EXISTS (SELECT FROM payments_payment p JOIN payments_notice n ON n.payment_id = p.id
                WHERE p.order_id = o.id AND n.state = 'received')
        """,
    ),
    Invariant(
        "payments.other_amount_goes_back",
        "Money of another amount than the price pays nothing: it is surplus, its order is marked, and a"
        " person has been told.",
        """
        SELECT p.id, p.amount, p.received FROM payments_payment p JOIN payments_order o ON o.id = p.order_id
        WHERE p.received IS NOT NULL AND (p.use <> 'surplus' OR p.received = o.total
            OR NOT (CASE WHEN p.received < o.total THEN o.underpaid ELSE o.overpaid END OR o.duplicate)
            OR NOT EXISTS (SELECT FROM payments_alert a
                WHERE a.subject_id = p.id AND a.code = 'payment.other_amount'))
        """,
    ),
)
