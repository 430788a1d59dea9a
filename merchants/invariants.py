"""What must always hold of stock that came in, of coupons and of memberships, over raw rows."""

from ledger.auditor import Invariant

from .membership_invariants import MEMBERSHIPS

INVARIANTS = (
    Invariant(
        "merchants.undone_left_the_shelf",
        "No key of an import that was undone can be sold any more; those that left the shelf are counted.",
        """
        SELECT b.id, b.voided FROM merchants_stockbatch b JOIN merchants_stockitem i ON i.batch_id = b.id
        WHERE b.state = 'undone' GROUP BY b.id
        HAVING count(*) FILTER (WHERE i.state IN ('available', 'reserved')) > 0
            OR count(*) FILTER (WHERE i.state = 'void') <> b.voided
        """,
    ),
    Invariant(
        "merchants.imported_is_kept",
        "Every key that an import counted is there still, and no key besides: on the shelf, reserved,"
        " delivered or void.",
        """
        SELECT b.id, b.imported, count(i.id) AS kept FROM merchants_stockbatch b
            LEFT JOIN merchants_stockitem i ON i.batch_id = b.id
        GROUP BY b.id HAVING count(i.id) <> b.imported
        """,
    ),
    Invariant(
        "merchants.key_once",
        "A product holds no key twice.",
        """
        SELECT product_id, count(*) AS times FROM merchants_stockitem
        GROUP BY product_id, fingerprint HAVING count(*) > 1
        """,
    ),
    Invariant(
        "merchants.key_of_batch",
        "A key is of its batch's product and merchant, and these are of each other.",
        """
        SELECT i.id FROM merchants_stockitem i JOIN merchants_stockbatch b ON b.id = i.batch_id
            JOIN merchants_product p ON p.id = i.product_id
        WHERE (i.product_id, i.merchant_id) <> (b.product_id, b.merchant_id) OR i.merchant_id <> p.merchant_id
        """,
    ),
    Invariant(
        "merchants.coupons_counted",
        "A coupon's and a code's counts are those of their live uses, within their limits.",
        """
        SELECT 'coupon' AS what, c.id, c.used FROM merchants_coupon c LEFT JOIN merchants_couponuse u
            ON u.coupon_id = c.id AND u.state IN ('reserved', 'redeemed')
        GROUP BY c.id HAVING c.used <> count(u.id) OR c.used > c.most_uses
        UNION ALL
        SELECT 'code', k.id, k.used FROM merchants_couponcode k LEFT JOIN merchants_couponuse u
            ON u.code_id = k.id AND u.state IN ('reserved', 'redeemed')
        GROUP BY k.id HAVING k.used <> count(u.id) OR k.used > k.most_uses
        """,
    ),
    Invariant(
        "merchants.coupons_within_buyers",
        "No buyer has more live uses of a coupon than one may, each with a number of its own.",
        """
        SELECT u.coupon_id, u.buyer_key, count(*) AS times FROM merchants_couponuse u
            JOIN merchants_coupon c ON c.id = u.coupon_id
        WHERE u.state IN ('reserved', 'redeemed') AND c.per_buyer IS NOT NULL
        GROUP BY u.coupon_id, u.buyer_key, c.per_buyer
        HAVING count(*) > c.per_buyer OR count(DISTINCT u.ordinal) <> count(*) OR max(u.ordinal) > c.per_buyer
        """,
    ),
    Invariant(
        "merchants.coupon_uses_agree",
        "A use is of its code's coupon, merchant, book, currency and carrier; a bound code's, by its buyer.",
        """
        SELECT u.id FROM merchants_couponuse u JOIN merchants_couponcode k ON k.id = u.code_id
            JOIN merchants_coupon c ON c.id = u.coupon_id
        WHERE (k.coupon_id, k.merchant_id) <> (u.coupon_id, u.merchant_id)
            OR (c.merchant_id, c.book, c.carrier) <> (u.merchant_id, u.book, u.carrier)
            OR c.currency NOT IN ('', u.currency) OR k.buyer_key <> u.buyer_key
        """,
    ),
    Invariant(
        "merchants.codes_of_batch",
        "A batch of codes has made as many as are there, and a whole one as many as were wanted.",
        """
        SELECT b.id, b.made, count(k.id) AS there FROM merchants_codebatch b LEFT JOIN merchants_couponcode k
            ON k.batch = b.id AND (k.coupon_id, k.merchant_id) = (b.coupon_id, b.merchant_id)
        GROUP BY b.id HAVING count(k.id) <> b.made OR (b.state = 'generated' AND b.made <> b.wanted)
        """,
    ),
    *MEMBERSHIPS,
)
