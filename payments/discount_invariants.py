"""What must always hold of discounts: as promised, used once, and made up for by who carries them."""

from ledger.auditor import Invariant

DISCOUNTS = (
    Invariant(
        "payments.discounts_have_codes",
        "What was taken off an order is the sum of what its codes took off, by its merchant and book.",
        """
        SELECT o.id, o.discount FROM payments_order o LEFT JOIN merchants_couponuse u ON u.order_id = o.id
            AND (u.merchant_id, u.book, u.currency) = (o.merchant_id, o.book, o.currency)
        WHERE o.discount > 0 GROUP BY o.id HAVING o.discount <> coalesce(sum(u.discount), 0)
        UNION ALL
        SELECT u.order_id, u.discount FROM merchants_couponuse u
            LEFT JOIN payments_order o ON o.id = u.order_id AND o.discount > 0
        WHERE o.id IS NULL
        """,
    ),
    Invariant(
        "payments.codes_follow_orders",
        "Codes are reserved while their order waits, redeemed by its money, and free when either is gone;"
        " after a refund that came back they may be somebody else's.",
        """
        SELECT o.id, o.payment_state, u.state FROM payments_order o
            JOIN merchants_couponuse u ON u.order_id = o.id
        WHERE u.state <> CASE WHEN o.payment_state IN ('pending', 'processing') THEN 'reserved'
            WHEN o.payment_state IN ('paid', 'partially_refunded') THEN 'redeemed' ELSE 'returned' END
            AND NOT (u.state = 'returned' AND o.payment_state IN ('paid', 'partially_refunded') AND EXISTS (
                SELECT FROM payments_refund r WHERE r.order_id = o.id AND r.state = 'failed'))
        """,
    ),
    Invariant(
        "payments.promotion_carried",
        "The platform adds to a payment that pays an order what it carries of the discount, and to no other;"
        " what it took back is the sum of the refunds', and all of it with a whole refund.",
        """
        SELECT p.id, p.promotion, p.promotion_returned FROM payments_payment p
            LEFT JOIN LATERAL (SELECT coalesce(sum(u.discount), 0) AS carried FROM merchants_couponuse u
                WHERE u.order_id = p.order_id AND u.carrier = 'platform') AS uses ON p.use = 'applied'
            LEFT JOIN LATERAL (SELECT coalesce(sum(r.promotion), 0) AS back FROM payments_refund r
                WHERE r.payment_id = p.id AND r.state <> 'failed') AS refunds ON true
        WHERE p.promotion <> coalesce(uses.carried, 0) OR p.promotion_returned <> refunds.back
            OR (p.promotion > 0 AND p.refunded = p.amount AND p.promotion_returned <> p.promotion)
        """,
    ),
    Invariant(
        "payments.promotion_posted",
        "The ledger's promotion is what the platform carries of payments, less what refunds took back.",
        """
        SELECT p.id, p.promotion, p.promotion_returned, posted.amount FROM payments_payment p
            JOIN LATERAL (SELECT coalesce(sum(e.amount), 0) AS amount FROM ledger_transaction t
                JOIN ledger_entry e ON e.transaction_id = t.id
                JOIN ledger_account a ON a.id = e.account_id AND a.purpose = 'promotion'
                WHERE t.subject_type = 'payment' AND t.subject_id = p.id
                    OR t.subject_type = 'refund' AND t.subject_id IN (
                        SELECT r.id FROM payments_refund r WHERE r.payment_id = p.id)) AS posted ON true
        WHERE p.state = 'succeeded' AND posted.amount <> p.promotion - p.promotion_returned
        """,
    ),
)
