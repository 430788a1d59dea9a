"""What must always hold of plans, entitlements and what was granted, over raw rows."""

from ledger.auditor import Invariant

MEMBERSHIPS = (
    Invariant(
        "merchants.entitlements_end_with_grants",
        "An entitlement ends where the last time that was granted and not taken back does.",
        """
        SELECT e.id, e.ends_at FROM merchants_entitlement e LEFT JOIN merchants_entitlementgrant g
            ON g.entitlement_id = e.id AND (g.revoked_from IS NULL OR g.revoked_from > g.starts_at)
        GROUP BY e.id
        HAVING e.ends_at <> greatest(e.starts_at, max(coalesce(g.revoked_from, g.ends_at)))
        """,
    ),
    Invariant(
        "merchants.grants_apart",
        "A time is granted once: no two grants of an entitlement overlap but for what was taken back.",
        """
        SELECT a.entitlement_id, a.id, b.id AS other FROM merchants_entitlementgrant a
            JOIN merchants_entitlementgrant b ON b.entitlement_id = a.entitlement_id AND b.id > a.id
                AND tstzrange(a.starts_at, coalesce(a.revoked_from, a.ends_at))
                    && tstzrange(b.starts_at, coalesce(b.revoked_from, b.ends_at))
        """,
    ),
    Invariant(
        "merchants.entitlements_agree",
        "An entitlement is to a membership of its merchant, store and book; its grants are its merchant's.",
        """
        SELECT e.id FROM merchants_entitlement e JOIN merchants_product p ON p.id = e.product_id
            JOIN merchants_merchant m ON m.id = e.merchant_id
        WHERE p.kind <> 'membership'
            OR (p.merchant_id, p.store_id, m.book) <> (e.merchant_id, e.store_id, e.book)
        UNION ALL
        SELECT g.id FROM merchants_entitlementgrant g JOIN merchants_entitlement e ON e.id = g.entitlement_id
        WHERE g.merchant_id <> e.merchant_id
        """,
    ),
    Invariant(
        "merchants.plans_are_published",
        "A plan that is sold is of a membership, and has a published version.",
        """
        SELECT plan.id FROM merchants_plan plan JOIN merchants_product p ON p.id = plan.product_id
        WHERE p.kind <> 'membership' OR p.merchant_id <> plan.merchant_id
            OR (plan.status = 'live' AND NOT EXISTS (SELECT FROM merchants_planversion v
                WHERE v.plan_id = plan.id AND v.published_at IS NOT NULL))
        """,
    ),
    Invariant(
        "merchants.versions_are_priced",
        "A published version has a price in the currency of its product.",
        """
        SELECT v.id FROM merchants_planversion v JOIN merchants_plan plan ON plan.id = v.plan_id
            JOIN merchants_product p ON p.id = plan.product_id
        WHERE v.published_at IS NOT NULL AND NOT EXISTS (SELECT FROM merchants_planprice price
            WHERE price.version_id = v.id AND price.currency = p.currency)
        """,
    ),
    Invariant(
        "merchants.memberships_cost_their_first_plan",
        "A membership on the shelf has a plan that is sold, and says what the first one costs.",
        """
        SELECT p.id, p.price, first.amount FROM merchants_product p LEFT JOIN LATERAL (
            SELECT price.amount FROM merchants_plan plan
                JOIN merchants_planversion v ON v.plan_id = plan.id AND v.published_at IS NOT NULL
                JOIN merchants_planprice price ON price.version_id = v.id AND price.currency = p.currency
            WHERE plan.product_id = p.id AND plan.status = 'live'
            ORDER BY plan.position, plan.id, v.number DESC LIMIT 1) first ON true
        WHERE p.kind = 'membership' AND p.status = 'live' AND p.price IS DISTINCT FROM first.amount
        """,
    ),
)
