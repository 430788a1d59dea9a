"""Under which sum of the statement a line counts."""

import pytest
from django.db import connection

from payments import dispute_postings, postings
from settlement.lines import Category, category

# Kinds that touch a merchant's account, with the sums that a leg which gives and one which takes count under.
KINDS = {
    postings.CAPTURED: ("sales", "fees"),
    postings.SET_ASIDE: ("fees", "refunds"),
    postings.GIVEN_UP: ("refunds", "fees"),
    dispute_postings.HELD: ("disputes", "disputes"),
    dispute_postings.RETURNED: ("disputes", "disputes"),
    dispute_postings.GONE: ("disputes", "disputes"),
    dispute_postings.FEE: ("disputes", "disputes"),
    "fee.charged": ("fees", "fees"),
    "payout.reserved": ("payouts", "payouts"),
    "payout.released": ("payouts", "payouts"),
    "correction.booked": ("adjustments", "adjustments"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_counts_as_what_it_is_in_python_and_in_the_database(db, kind):
    gives, takes = KINDS[kind]
    assert (category(kind, 1), category(kind, -1)) == (Category(gives), Category(takes))
    with connection.cursor() as cursor:
        cursor.execute("SELECT settlement_category(%s, 1), settlement_category(%s, -1)", [kind, kind])
        assert cursor.fetchone() == (gives, takes)
