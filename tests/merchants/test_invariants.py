"""The auditor of stock sees what guards would have refused: each invariant is broken once, guards off."""

from collections.abc import Callable

import pytest
from django.db import connection

from kernel.actors import SYSTEM
from ledger import auditor
from merchants.invariants import INVARIANTS
from merchants.membership_invariants import MEMBERSHIPS
from merchants.models import StockBatch
from merchants.services import coupon_codes
from merchants.states import BatchState
from tests.factories import merchants as make
from tests.factories.coupons import CouponFactory, code_of, used

pytestmark = pytest.mark.django_db

_GONE = "DELETE FROM merchants_stockitem WHERE id = (SELECT min(id::text)::uuid FROM merchants_stockitem)"
BREAKS = {
    "merchants.undone_left_the_shelf": f"UPDATE merchants_stockbatch SET state = '{BatchState.UNDONE}'",
    "merchants.imported_is_kept": _GONE,
    "merchants.key_once": """ALTER TABLE merchants_stockitem DROP CONSTRAINT stock_key_once;
        UPDATE merchants_stockitem SET fingerprint = 'same'""",
    "merchants.key_of_batch": "UPDATE merchants_stockitem SET merchant_id = gen_random_uuid()",
    "merchants.coupons_counted": "UPDATE merchants_couponcode SET used = used + 1",
    "merchants.coupons_within_buyers": "UPDATE merchants_couponuse SET ordinal = 3",
    "merchants.coupon_uses_agree": "UPDATE merchants_couponuse SET currency = 'USD'",
    "merchants.codes_of_batch": "DELETE FROM merchants_couponcode WHERE batch IS NOT NULL",
}


@pytest.fixture
def shelf() -> StockBatch:
    """An import of three keys, a coupon that was used once, and two codes that were generated."""
    coupon = CouponFactory.create(per_buyer=2)
    used(code_of(coupon))
    coupon_codes.begin(coupon, 2, prefix="", actor=SYSTEM)
    return make.stocked(make.ProductFactory.create(), 3)[0].batch


@pytest.fixture
def offences() -> Callable[[], list[str]]:
    """The codes of the stock's invariants that rows break."""
    return lambda: [each.code for each in INVARIANTS if not auditor.check(each).holds]


def test_every_invariant_is_broken_once():
    # Those of memberships are broken in a test of their own.
    assert {invariant.code for invariant in INVARIANTS if invariant not in MEMBERSHIPS} == set(BREAKS)


def test_nothing_offends_on_a_lawful_shelf(shelf: StockBatch, offences: Callable[[], list[str]]):
    assert offences() == []


@pytest.mark.parametrize("code", BREAKS)
def test_the_auditor_sees_the_break(shelf: StockBatch, offences: Callable[[], list[str]], code: str):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(BREAKS[code])
    assert code in offences()
