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
)
