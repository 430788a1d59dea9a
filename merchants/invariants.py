"""What must always hold of stock that came in, over raw rows."""

from ledger.auditor import Invariant

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
)
