"""What must always hold in the sale: P1 to P9, S1 to S7, L10 and E1 of the safety page, over raw rows."""

from ledger.auditor import Invariant

from .discount_invariants import DISCOUNTS
from .dispute_invariants import DISPUTES
from .news_invariants import NEWS
from .waiting_invariants import WAITING

_PAID = "('paid', 'partially_refunded', 'refunded')"
_UNPAID = "('pending', 'processing', 'expired', 'cancelled')"

_MONEY = (
    Invariant(
        "payments.applied_once",
        "A paid order has exactly one payment that pays it; an unpaid one has none.",
        f"""
        SELECT o.id, o.payment_state, count(p.id) AS applied FROM payments_order o
            LEFT JOIN payments_payment p ON p.order_id = o.id AND p.use = 'applied'
        GROUP BY o.id HAVING count(p.id) <> CASE WHEN o.payment_state IN {_PAID} THEN 1 ELSE 0 END
        """,  # noqa: S608 (constants of this module)
    ),
    Invariant(
        "payments.txn_once",
        "A channel's transaction is recorded at most once.",
        """
        SELECT account_id, channel_txn, count(*) FROM payments_payment WHERE channel_txn <> ''
        GROUP BY account_id, channel_txn HAVING count(*) > 1
        """,
    ),
    Invariant(
        "payments.agrees",
        "A payment has its order's amount, currency, merchant and book, and its account's merchant and book.",
        """
        SELECT p.id FROM payments_payment p JOIN payments_order o ON o.id = p.order_id
            JOIN payments_channelaccount a ON a.id = p.account_id
        WHERE (p.amount, p.currency, p.merchant_id, p.book) <> (o.total, o.currency, o.merchant_id, o.book)
            OR (p.merchant_id, p.book) <> (a.merchant_id, a.book)
        """,
    ),
    Invariant(
        "payments.total",
        "An order's total is its quantity times its price less its discount; it is of its product, store and"
        " merchant.",
        """
        SELECT o.id FROM payments_order o JOIN merchants_product p ON p.id = o.product_id
            JOIN merchants_store s ON s.id = o.store_id
        WHERE o.total <> o.unit_price * o.quantity - o.discount OR o.total <= 0
            OR (o.currency <> p.currency AND o.subscription_id IS NULL) OR p.store_id <> o.store_id
            OR p.merchant_id <> o.merchant_id OR s.merchant_id <> o.merchant_id OR s.book <> o.book
        """,
    ),
    Invariant(
        "payments.success_whole",
        "A payment is put to use when it succeeds and never otherwise, under the channel's transaction.",
        """
        SELECT id, state, use FROM payments_payment
        WHERE (state = 'succeeded') <> (use <> '') OR (state = 'succeeded' AND channel_txn = '')
        """,
    ),
    Invariant(
        "payments.refunds_within",
        "What went back and what is set aside are the sums of the refunds, and never above what came.",
        """
        SELECT p.id, p.refunded, p.refund_pending FROM payments_payment p
            LEFT JOIN payments_refund r ON r.payment_id = p.id
        GROUP BY p.id HAVING p.refunded + p.refund_pending > coalesce(p.received, p.amount)
            OR p.refunded <> coalesce(sum(r.amount) FILTER (WHERE r.state = 'succeeded'), 0)
            OR p.refund_pending <> coalesce(sum(r.amount) FILTER (
                WHERE r.state IN ('requested', 'sent', 'unknown')), 0)
        """,
    ),
    Invariant(
        "payments.fees_mirrored",
        "Fees given back are the sums of the refunds', never above the fee; a whole refund gives all back.",
        """
        SELECT p.id FROM payments_payment p LEFT JOIN payments_refund r
            ON r.payment_id = p.id AND r.state <> 'failed'
        GROUP BY p.id HAVING p.platform_fee_returned <> coalesce(sum(r.platform_fee), 0)
            OR p.channel_fee_returned <> coalesce(sum(r.channel_fee), 0)
            OR p.platform_fee_returned > p.platform_fee OR p.channel_fee_returned > p.channel_fee
            OR (p.refunded = coalesce(p.received, p.amount)
                AND (p.platform_fee_returned, p.channel_fee_returned) <> (p.platform_fee, p.channel_fee))
        """,
    ),
    Invariant(
        "payments.refund_state",
        "An order is refunded as far as its payment is.",
        """
        SELECT o.id, o.payment_state, p.refunded FROM payments_order o
            JOIN payments_payment p ON p.order_id = o.id AND p.use = 'applied'
        WHERE o.payment_state <> CASE p.refunded WHEN 0 THEN 'paid' WHEN p.amount THEN 'refunded'
            ELSE 'partially_refunded' END
        """,
    ),
    Invariant(
        "payments.surplus_returns",
        "Money that came besides is on its way back, or a person has been told.",
        """
        SELECT p.id FROM payments_payment p WHERE p.use = 'surplus'
            AND NOT EXISTS (SELECT FROM payments_refund r WHERE r.payment_id = p.id AND r.state <> 'failed')
            AND NOT EXISTS (SELECT FROM payments_alert a JOIN payments_refund r ON r.id = a.subject_id
                WHERE r.payment_id = p.id AND a.code = 'refund.failed')
        """,
    ),
    Invariant(
        "payments.unknown_told",
        "What has been unknown for more than a day has been asked about, and a person has been told.",
        """
        SELECT 'payment' AS what, p.id FROM payments_payment p
        WHERE p.state = 'unknown' AND p.created_at < now() - interval '26 hours'
            AND NOT EXISTS (SELECT FROM payments_alert a WHERE a.subject_id = p.id)
        UNION ALL
        SELECT 'refund', r.id FROM payments_refund r
        WHERE r.state = 'unknown' AND r.requested_at < now() - interval '26 hours'
            AND NOT EXISTS (SELECT FROM payments_alert a WHERE a.subject_id = r.id)
        """,
    ),
    Invariant(
        "payments.notice_true",
        "A notice speaks of a payment of its own account; an applied one is why that payment succeeded.",
        """
        SELECT n.id, n.state FROM payments_notice n JOIN payments_payment p ON p.id = n.payment_id
        WHERE n.account_id <> p.account_id OR (n.state = 'applied' AND (
            p.state <> 'succeeded' OR p.channel_txn <> n.channel_txn
            OR n.amount <> coalesce(p.received, p.amount) OR n.currency <> p.currency
            OR n.said <> 'succeeded'))
        """,
    ),
    Invariant(
        "payments.success_proved",
        "A payment succeeded because of exactly one applied notice.",
        """
        SELECT p.id, count(n.id) AS proofs FROM payments_payment p
            LEFT JOIN payments_notice n ON n.payment_id = p.id AND n.state = 'applied'
        GROUP BY p.id HAVING count(n.id) <> CASE WHEN p.state = 'succeeded' THEN 1 ELSE 0 END
        """,
    ),
)

_GOODS = (
    Invariant(
        "payments.goods_for_money",
        "Only a paid order has goods on their way or handed over.",
        f"""
        SELECT id, payment_state, fulfilment FROM payments_order
        WHERE payment_state IN {_UNPAID} AND (fulfilment <> 'none' OR paid_at IS NOT NULL)
            OR payment_state IN {_PAID} AND (fulfilment = 'none' OR paid_at IS NULL)
        """,  # noqa: S608 (constants of this module)
    ),
    Invariant(
        "payments.delivered_whole",
        "A delivered order has exactly its quantity of delivered keys; no other order has any.",
        """
        SELECT o.id, o.fulfilment, o.quantity, count(i.id) AS delivered FROM payments_order o
            LEFT JOIN merchants_stockitem i ON i.order_id = o.id AND i.state = 'delivered'
        GROUP BY o.id
        HAVING o.fulfilment = 'delivered'
                AND count(i.id) <> CASE WHEN o.subscription_id IS NULL THEN o.quantity ELSE 0 END
            OR count(i.id) <> 0 AND o.fulfilment NOT IN ('delivered', 'failed', 'revoked')
        """,
    ),
    Invariant(
        "payments.keys_owned",
        "A key that is reserved or delivered belongs to an order of its product and merchant, and to no more"
        " of them than the order asks for.",
        """
        SELECT i.id FROM merchants_stockitem i LEFT JOIN payments_order o ON o.id = i.order_id
        WHERE i.state IN ('reserved', 'delivered') AND (o.id IS NULL OR o.product_id <> i.product_id
            OR o.merchant_id <> i.merchant_id OR i.ordinal > o.quantity)
        """,
    ),
    Invariant(
        "payments.keys_waited_for",
        "Orders that wait for money or for a person's look have all their keys reserved, and no others do.",
        """
        SELECT o.id, o.payment_state, o.fulfilment, count(i.id) AS reserved FROM payments_order o
            LEFT JOIN merchants_stockitem i ON i.order_id = o.id AND i.state = 'reserved'
        GROUP BY o.id HAVING count(i.id) <> CASE
            WHEN o.subscription_id IS NOT NULL THEN 0
            WHEN o.payment_state IN ('pending', 'processing') OR o.fulfilment = 'held' THEN o.quantity
            WHEN o.fulfilment = 'failed' THEN count(i.id) ELSE 0 END
        """,
    ),
)

_BOOKS = (
    Invariant(
        "payments.posted",
        "Money that came has exactly one transaction in the ledger, of its own amount.",
        """
        SELECT p.id, p.use, count(t.id) AS posted FROM payments_payment p
            LEFT JOIN ledger_transaction t ON t.subject_type = 'payment' AND t.subject_id = p.id
                AND t.kind = CASE p.use WHEN 'applied' THEN 'payment.captured' ELSE 'payment.surplus' END
                AND (SELECT coalesce(sum(e.amount), 0) FROM ledger_entry e
                    JOIN ledger_account a ON a.id = e.account_id
                    WHERE e.transaction_id = t.id AND a.purpose = 'channel_receivable'
                        AND a.owner_id = p.account_id) = coalesce(p.received, p.amount) - p.channel_fee
        WHERE p.state = 'succeeded' GROUP BY p.id HAVING count(t.id) <> 1
        """,
    ),
    Invariant(
        "payments.posted_has_source",
        "Every transaction of a sale in the ledger has the payment or refund that it tells of.",
        """
        SELECT t.id, t.kind FROM ledger_transaction t
            LEFT JOIN payments_payment p ON t.subject_type = 'payment' AND p.id = t.subject_id
                AND p.state = 'succeeded' AND p.use = CASE t.kind WHEN 'payment.captured' THEN 'applied'
                    WHEN 'payment.surplus' THEN 'surplus' ELSE '?' END
            LEFT JOIN payments_refund r ON t.subject_type = 'refund' AND r.id = t.subject_id
                AND (t.kind = 'refund.set_aside' OR (t.kind = 'refund.sent' AND r.state = 'succeeded')
                    OR (t.kind IN ('refund.given_up', 'refund.returned', 'refund.sent')
                        AND (r.state = 'failed' OR r.retries > 0)))
        WHERE t.subject_type IN ('payment', 'refund') AND p.id IS NULL AND r.id IS NULL
        """,
    ),
    Invariant(
        "payments.refunds_posted",
        "A refund is set aside once a turn in the ledger, given up at the end of each but the last, and then"
        " sent or given up, as it stands; what was sent and came back is returned before it is given up."
        " Where the channel's fee is as much as the refund, nothing is sent.",
        """
        SELECT r.id, r.state FROM payments_refund r
            LEFT JOIN ledger_transaction t ON t.subject_type = 'refund' AND t.subject_id = r.id
        GROUP BY r.id HAVING count(t.id) FILTER (WHERE t.kind = 'refund.set_aside') <> 1 + r.retries
            OR count(t.id) FILTER (WHERE t.kind = 'refund.sent') - count(t.id)
                FILTER (WHERE t.kind = 'refund.returned')
                    <> (r.state = 'succeeded' AND r.amount > r.channel_fee)::int
            OR count(t.id) FILTER (WHERE t.kind = 'refund.given_up') <> r.retries + (r.state = 'failed')::int
        """,
    ),
    Invariant(
        "payments.refunds_reverse",
        "Money set aside names the transaction by which it came, money given up what had set it aside, and"
        " money that was returned what had sent it.",
        """
        SELECT t.id, t.kind, t.reverses_id FROM ledger_transaction t
            LEFT JOIN payments_refund r ON r.id = t.subject_id
            LEFT JOIN ledger_transaction o ON o.id = t.reverses_id
        WHERE t.subject_type = 'refund' AND CASE t.kind
            WHEN 'refund.set_aside' THEN o.subject_id = r.payment_id
                AND o.kind IN ('payment.captured', 'payment.surplus')
            WHEN 'refund.given_up' THEN o.subject_id = r.id AND o.kind = 'refund.set_aside'
            WHEN 'refund.returned' THEN o.subject_id = r.id AND o.kind = 'refund.sent'
            ELSE t.reverses_id IS NULL END IS NOT TRUE
        """,
    ),
    Invariant(
        "payments.mirrored",
        "A payment that went back whole leaves nothing behind in any account.",
        """
        SELECT payment_id, account_id, sum(amount) AS residue FROM (
            SELECT p.id AS payment_id, t.id FROM payments_payment p
                JOIN ledger_transaction t ON t.subject_type = 'payment' AND t.subject_id = p.id
            WHERE p.refunded = coalesce(p.received, p.amount)
            UNION
            SELECT p.id, t.id FROM payments_payment p JOIN payments_refund r ON r.payment_id = p.id
                JOIN ledger_transaction t ON t.subject_type = 'refund' AND t.subject_id = r.id
            WHERE p.refunded = coalesce(p.received, p.amount)
        ) AS told JOIN ledger_entry e ON e.transaction_id = told.id
        GROUP BY payment_id, account_id HAVING sum(amount) <> 0
        """,
    ),
    Invariant(
        "payments.told_once",
        "A paid order has told that it is paid exactly once, a delivered one that it is delivered.",
        f"""
        SELECT o.id, o.payment_state, o.fulfilment FROM payments_order o
            LEFT JOIN outbox_event e ON e.subject_kind = 'order' AND e.subject_id = o.id
                AND e.topic IN ('order.paid', 'order.delivered')
        GROUP BY o.id
        HAVING count(e.id) FILTER (WHERE e.topic = 'order.paid') <> (o.payment_state IN {_PAID})::int
            OR count(e.id) FILTER (WHERE e.topic = 'order.delivered') <> (o.delivered_at IS NOT NULL)::int
        """,  # noqa: S608 (constants of this module)
    ),
    Invariant(
        "payments.written_down",
        "Every order that was placed, paid or ended has the audit row of it.",
        f"""
        SELECT o.id, o.payment_state FROM payments_order o
            LEFT JOIN audit_row a ON a.subject_kind = 'order' AND a.subject_id = o.id
        GROUP BY o.id HAVING count(a.id) FILTER (WHERE a.action = 'order.placed') <> 1
            OR count(a.id) FILTER (WHERE a.action = 'order.paid') <> (o.payment_state IN {_PAID})::int
        """,  # noqa: S608 (constants of this module)
    ),
)

INVARIANTS = (*_MONEY, *_GOODS, *_BOOKS, *WAITING, *DISPUTES, *NEWS, *DISCOUNTS)
