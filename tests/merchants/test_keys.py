"""Single keys: found by their text, read for a reason, taken off the shelf."""

import pytest

from audit.models import AuditRow
from kernel import clock, ids
from kernel.actors import SYSTEM
from kernel.machine import IllegalMove
from merchants.errors import ReasonMissing
from merchants.models import StockItem
from merchants.services import keys, stock
from merchants.states import StockState
from tests.factories.merchants import ProductFactory, sellable, stocked

pytestmark = pytest.mark.django_db


def test_a_key_is_found_by_its_text():
    product = ProductFactory.create()
    item, _ = stocked(product, ["AAA-1", "AAA-2"])
    assert keys.find(product.merchant, " AAA-1 ") == [item]


def test_a_part_of_it_finds_nothing():
    product = ProductFactory.create()
    stocked(product, ["AAA-1"])
    assert keys.find(product.merchant, "AAA-") == []


def test_another_merchants_key_is_not_found():
    stocked(ProductFactory.create(), ["AAA-1"])
    assert keys.find(ProductFactory.create().merchant, "AAA-1") == []


def test_reading_a_key_goes_on_record_without_the_key():
    (item,) = stocked(ProductFactory.create(), ["AAA-1"])
    assert keys.read(item, actor=SYSTEM, reason="buyer says it fails") == "AAA-1"
    row = AuditRow.objects.get(action="stock.revealed")
    assert (row.reason, "AAA-1" in str(row.facts)) == ("buyer says it fails", False)


def test_reading_needs_a_reason():
    (item,) = stocked(ProductFactory.create(), ["AAA-1"])
    with pytest.raises(ReasonMissing):
        keys.read(item, actor=SYSTEM, reason="")


def test_a_void_key_is_not_sold():
    product = ProductFactory.create()
    bad, good = stocked(product, ["AAA-1", "AAA-2"])
    keys.void(bad.id, actor=SYSTEM, reason="invalid")
    assert stock.reserve(product.id, 1, ids.new(), clock.now()) == [good.id]


def test_a_reserved_key_is_not_made_void():
    product = sellable(1)
    (taken,) = stock.reserve(product.id, 1, ids.new(), clock.now())
    with pytest.raises(IllegalMove):
        keys.void(taken, actor=SYSTEM, reason="invalid")
    assert StockItem.objects.get(pk=taken).state == StockState.RESERVED
