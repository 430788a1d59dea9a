"""What must always hold of memberships, over raw rows: charged once, granted once, moved by its time."""

from ledger.auditor import Invariant

_PERIODS = (
    Invariant(
        "subscriptions.paid_once",
        "A paid invoice has a paid order of its own sum and subscription, or asks for nothing; no other"
        " invoice has an order that was paid, but what a person holds or refused.",
        """
        SELECT i.id, i.state, o.payment_state FROM subscriptions_invoice i
            LEFT JOIN payments_order o ON o.id = i.order_id
        WHERE (i.total > 0) <> (o.id IS NOT NULL)
            OR o.id IS NOT NULL AND (o.total <> i.total OR o.subscription_id <> i.subscription_id
                OR (i.state = 'paid') <> (o.paid_at IS NOT NULL)
                    AND o.fulfilment NOT IN ('held', 'failed', 'revoked'))
        """,
    ),
    Invariant(
        "subscriptions.order_invoiced",
        "Every order of a subscription is one invoice's.",
        """
        SELECT o.id FROM payments_order o LEFT JOIN subscriptions_invoice i ON i.order_id = o.id
        WHERE o.subscription_id IS NOT NULL AND i.id IS NULL
        """,
    ),
    Invariant(
        "subscriptions.granted_once",
        "Every paid invoice of a period has granted exactly its days; nothing was granted without one.",
        """
        SELECT i.id, g.id AS granted FROM subscriptions_invoice i FULL JOIN (
            SELECT * FROM merchants_entitlementgrant WHERE kind <> 'free') g ON g.invoice_id = i.id
        WHERE (i.state = 'paid' AND i.period IS NOT NULL) IS DISTINCT FROM (g.id IS NOT NULL)
                AND (i.period IS NOT NULL OR g.id IS NOT NULL)
                AND NOT (i.state IN ('open', 'void') AND g.id IS NULL)
            OR g.id IS NOT NULL AND (g.starts_at, g.ends_at) IS DISTINCT FROM (i.period_starts, i.period_ends)
        """,
    ),
    Invariant(
        "subscriptions.period_once",
        "No period is asked for twice, and a subscription stands at the last one that is paid.",
        """
        SELECT s.id, s.period, max(i.period) AS paid FROM subscriptions_subscription s
            LEFT JOIN subscriptions_invoice i ON i.subscription_id = s.id AND i.state = 'paid'
        GROUP BY s.id HAVING s.period <> coalesce(max(i.period), 0)
            OR count(i.period) <> count(DISTINCT i.period)
        """,
    ),
    Invariant(
        "subscriptions.stands_as_granted",
        "A period that runs ends with what was granted for it.",
        """
        SELECT s.id, s.period_ends, g.ends FROM subscriptions_subscription s JOIN (
            SELECT entitlement_id, max(ends_at) AS ends FROM merchants_entitlementgrant
            WHERE revoked_at IS NULL AND invoice_id IS NOT NULL GROUP BY entitlement_id) g
                ON g.entitlement_id = s.entitlement_id
        WHERE s.state IN ('trialing', 'active') AND s.period_ends <> g.ends
        """,
    ),
    Invariant(
        "subscriptions.as_long_as_planned",
        "A paid period is as long as its plan says, give or take the end of a month and summer time.",
        """
        SELECT id, kind, starts, ends FROM (
            SELECT i.id, i.kind, i.period_starts AS starts, i.period_ends AS ends,
                CASE WHEN i.kind = 'trial' THEN make_interval(days => v.trial_days)
                    WHEN v.unit = 'day' THEN make_interval(days => v.count)
                    ELSE v.count * CASE v.unit WHEN 'month' THEN interval '1 month'
                        WHEN 'quarter' THEN interval '3 months' ELSE interval '1 year' END END AS planned,
                CASE WHEN i.kind = 'trial' OR v.unit = 'day' THEN interval '2 hours'
                    ELSE interval '3 days 2 hours' END AS slack
            FROM subscriptions_invoice i JOIN merchants_planversion v ON v.id = i.version_id
            WHERE i.state = 'paid' AND i.period IS NOT NULL) AS period
        WHERE ends NOT BETWEEN starts + planned - slack AND starts + planned + slack
        """,
    ),
    Invariant(
        "subscriptions.lines",
        "An invoice is the sum of its lines.",
        """
        SELECT i.id FROM subscriptions_invoice i
        WHERE i.subtotal <> (SELECT coalesce(sum((line->>'amount')::bigint), 0)
            FROM jsonb_array_elements(i.lines) AS line)
        """,
    ),
    Invariant(
        "subscriptions.balance",
        "A balance is what invoices put there and took.",
        """
        SELECT s.id, s.balance FROM subscriptions_subscription s
            LEFT JOIN subscriptions_invoice i ON i.subscription_id = s.id AND i.state <> 'void'
        GROUP BY s.id HAVING s.balance <> -coalesce(sum(i.balance_used), 0)
        """,
    ),
)
_LIFE = (
    Invariant(
        "subscriptions.moves",
        "What moves by time has a time, and what has ended has none.",
        """
        SELECT id, state FROM subscriptions_subscription
        WHERE (state IN ('trialing', 'active', 'past_due') AND due_at IS NULL)
            OR (state = 'ended' AND due_at IS NOT NULL)
        """,
    ),
    Invariant(
        "subscriptions.taken_up",
        "Nothing has been due for two hours without anybody taking it up.",
        """
        SELECT s.id, s.due_at FROM subscriptions_subscription s
            JOIN merchants_merchant m ON m.id = s.merchant_id
        WHERE s.due_at < now() - interval '2 hours' + m.clock_ahead AND m.book = 'live'
        """,
    ),
    Invariant(
        "subscriptions.agreed",
        "A method that is charged was agreed to, and its words are kept.",
        """
        SELECT m.id FROM subscriptions_mandate m LEFT JOIN buyers_consent c ON c.id = m.consent_id
        WHERE m.state IN ('active', 'suspended') AND (c.id IS NULL OR c.buyer_key <> m.buyer_key)
        """,
    ),
    Invariant(
        "subscriptions.charged_by_right",
        "A charge by mandate is of its own subscription, and within its limit when it is open.",
        """
        SELECT p.id FROM payments_payment p JOIN subscriptions_mandate m ON m.id = p.mandate_id
            JOIN payments_order o ON o.id = p.order_id
        WHERE o.subscription_id <> m.subscription_id OR p.account_id <> m.account_id
            OR p.currency <> m.currency
        """,
    ),
    Invariant(
        "subscriptions.recurring",
        "The log of revenue ends at what a subscription is worth a month, step by step without a gap.",
        """
        SELECT s.id, s.recurring FROM subscriptions_subscription s
        WHERE s.recurring <> coalesce((SELECT r.after FROM subscriptions_recurringchange r
                WHERE r.subscription_id = s.id ORDER BY r.id DESC LIMIT 1), 0)
            OR s.recurring <> (SELECT coalesce(sum(r.after - r.before), 0)
                FROM subscriptions_recurringchange r WHERE r.subscription_id = s.id)
        """,
    ),
    Invariant(
        "subscriptions.unpaid_ends",
        "Nobody is past due when the schedule has been over for a day.",
        """
        SELECT s.id, s.past_due_since FROM subscriptions_subscription s
            JOIN merchants_merchant m ON m.id = s.merchant_id
            LEFT JOIN subscriptions_policy p ON p.merchant_id = s.merchant_id
        WHERE s.state = 'past_due' AND m.book = 'live' AND s.past_due_since + interval '1 day'
            + make_interval(days => coalesce(p.retry_days[array_upper(p.retry_days, 1)], 9)) < now()
            AND NOT EXISTS (SELECT FROM payments_payment t JOIN payments_order o ON o.id = t.order_id
                WHERE o.subscription_id = s.id AND t.state = 'unknown')
        """,
    ),
)

INVARIANTS = (*_PERIODS, *_LIFE)
