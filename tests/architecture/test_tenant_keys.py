"""T1, A3: where a row of a merchant names another row of a merchant, the database holds both to one merchant.

The foreign keys are read from the database, so a new one is judged as soon as it exists.
"""

import pytest
from django.db import connection

pytestmark = pytest.mark.django_db

# Each key with what it holds: source, target, and the columns of the source.
_OF_MERCHANTS = """
    SELECT a.attrelid FROM pg_attribute a WHERE a.attname = 'merchant_id' AND NOT a.attisdropped
"""
_KEYS = """
    SELECT c.conrelid::regclass::text, c.confrelid::regclass::text,
        ARRAY(SELECT a.attname::text FROM pg_attribute a
            WHERE a.attrelid = c.conrelid AND a.attnum = ANY (c.conkey) ORDER BY 1)
    FROM pg_constraint c WHERE c.contype = 'f' AND c.conrelid IN ({of_merchants})
        AND c.confrelid IN ({of_merchants})
"""
_TRIGGERS = "SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND NOT tgisinternal"

# Held to one merchant by something else: a trigger of the source, or a key by way of a third table.
BY_TRIGGER = {
    ("payments_refund", "payments_payment"): "refund_belongs",
    ("payments_refund", "payments_order"): "refund_belongs",
    ("payments_dispute", "payments_payment"): "dispute_belongs",
    ("payments_dispute", "payments_order"): "dispute_belongs",
}
BY_WAY_OF = {
    # One account of the ledger has one owner, and `statement_is_computed` looks that it is this merchant.
    ("settlement_statement", "settlement_statement"): {"account_id"},
    # The batch is of the key's product, and the product of the key's merchant.
    ("merchants_stockitem", "merchants_stockbatch"): {"product_id"},
    # The code is of the use's coupon, and the coupon of the use's merchant.
    ("merchants_couponuse", "merchants_couponcode"): {"coupon_id"},
}


def keys() -> list[tuple[str, str, set[str]]]:
    with connection.cursor() as cursor:
        cursor.execute(_KEYS.format(of_merchants=_OF_MERCHANTS))
        return [(source, target, set(columns)) for source, target, columns in cursor.fetchall()]


def is_held(source: str, target: str, columns: set[str]) -> bool:
    """Whether a key over these columns, or one that holds more of the same, ties the two to one merchant."""
    tied = {"merchant_id"} | BY_WAY_OF.get((source, target), {"merchant_id"})
    wider = [other for of, to, other in keys() if (of, to) == (source, target) and columns <= other]
    return any(other & tied for other in wider)


def test_every_key_between_rows_of_merchants_holds_both_to_one_merchant():
    found = keys()
    assert len(found) > 12
    loose = {(source, target) for source, target, columns in found if not is_held(source, target, columns)}
    assert loose == set(BY_TRIGGER)


@pytest.mark.parametrize(("source", "target"), list(BY_TRIGGER))
def test_what_a_trigger_holds_together_has_that_trigger(source: str, target: str):
    with connection.cursor() as cursor:
        cursor.execute(_TRIGGERS, [source])
        assert BY_TRIGGER[source, target] in {row[0] for row in cursor.fetchall()}
