"""Merchants and their twins."""

from datetime import timedelta

import pytest

from kernel import clock
from kernel.actors import SYSTEM
from kernel.books import Book
from kernel.errors import Invalid
from merchants.errors import ReasonMissing, SandboxOnly
from merchants.models import Product, StockItem
from merchants.services import merchants, twins
from merchants.states import MerchantStatus, ProductStatus, SettlementMode
from tests.factories.merchants import LicenceFactory, PriceTierFactory, ProductFactory, sellable

pytestmark = pytest.mark.django_db


def test_a_twin_takes_over_its_merchants_settings():
    live = merchants.open_live(
        "Acme",
        actor=SYSTEM,
        settlement_mode=SettlementMode.PLATFORM_PAYOUT,
        licence=LicenceFactory.create(),
        time_zone="Asia/Singapore",
    )
    twin = merchants.open_twin(live, actor=SYSTEM)
    assert (twin.book, twin.settlement_mode, twin.time_zone) == (
        (Book.SANDBOX, SettlementMode.PLATFORM_PAYOUT, "Asia/Singapore")
    )


def test_there_is_one_twin():
    live = merchants.open_live("Acme", actor=SYSTEM)
    merchants.open_twin(live, actor=SYSTEM)
    with pytest.raises(Invalid):
        merchants.open_twin(live, actor=SYSTEM)


def test_a_twins_clock_runs_ahead():
    twin = merchants.open_twin(merchants.open_live("Acme", actor=SYSTEM), actor=SYSTEM)
    for _ in range(2):
        twin = merchants.advance_clock(twin, timedelta(days=10), actor=SYSTEM)
    assert clock.now(twin) - clock.now() > timedelta(days=19)


def test_a_live_clock_does_not():
    with pytest.raises(SandboxOnly):
        merchants.advance_clock(merchants.open_live("Acme", actor=SYSTEM), timedelta(days=1), actor=SYSTEM)


def test_suspending_needs_a_reason():
    live = merchants.open_live("Acme", actor=SYSTEM)
    with pytest.raises(ReasonMissing):
        merchants.suspend(live, actor=SYSTEM, reason=" ")
    live.refresh_from_db()
    assert live.status == MerchantStatus.ACTIVE


class TestCopyingAStore:
    def test_its_address_ends_in_test_and_it_stands_in_the_other_book(self):
        product = ProductFactory.create()
        twin = merchants.open_twin(product.merchant, actor=SYSTEM)
        copy = twins.copy_store(product.store, twin, actor=SYSTEM)
        assert (copy.slug, copy.book) == (f"{product.store.slug}-test", Book.SANDBOX)

    def test_its_products_come_with_their_prices_and_without_keys(self):
        product = sellable(5)
        PriceTierFactory.create(product=product, from_quantity=3, unit_price=700)
        twin = merchants.open_twin(product.merchant, actor=SYSTEM)
        copy = twins.copy_store(product.store, twin, actor=SYSTEM)
        twin_product = Product.objects.get(store=copy)
        assert (twin_product.price, twin_product.status) == (product.price, ProductStatus.LIVE)
        assert [tier.unit_price for tier in twin_product.tiers.all()] == [700]
        assert not StockItem.objects.filter(product=twin_product).exists()

    def test_drafts_stay_behind(self):
        draft = ProductFactory.create(status=ProductStatus.DRAFT)
        twin = merchants.open_twin(draft.merchant, actor=SYSTEM)
        assert not Product.objects.filter(store=twins.copy_store(draft.store, twin, actor=SYSTEM)).exists()
