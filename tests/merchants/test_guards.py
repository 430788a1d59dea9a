"""What the database refuses by itself, whatever a service would do."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import F

from kernel import clock, ids
from kernel.books import Book
from merchants.models import Member, Merchant, Product, StockItem, Store
from merchants.states import SettlementMode, StockState
from tests.factories.merchants import (
    LicenceFactory,
    MemberFactory,
    MerchantFactory,
    ProductFactory,
    StockBatchFactory,
    StoreFactory,
    TwinFactory,
    UserFactory,
    sellable,
    stocked,
)

pytestmark = pytest.mark.django_db


def refused(write: Any) -> bool:
    """Whether the database refuses the write; the test's transaction goes on."""
    try:
        with transaction.atomic():
            write()
            connection.check_constraints()
    except IntegrityError:
        return True
    return False


def items_of(product: Product) -> Any:
    return StockItem.objects.filter(product=product)


def test_a_live_merchant_has_one_twin_at_most():
    live = TwinFactory.create().twin_of
    assert refused(lambda: TwinFactory.create(twin_of=live))


def test_a_twin_has_no_twin():
    twin = TwinFactory.create()
    assert refused(lambda: TwinFactory.create(twin_of=twin))


def test_a_sandbox_merchant_is_a_twin():
    assert refused(lambda: MerchantFactory.create(book=Book.SANDBOX))


def test_a_live_merchant_is_nobodys_twin():
    assert refused(lambda: MerchantFactory.create(twin_of=MerchantFactory.create()))


def test_a_merchant_keeps_its_book():
    twin = TwinFactory.create()
    assert refused(lambda: Merchant.objects.filter(pk=twin.pk).update(book=Book.LIVE, twin_of=None))


def test_a_clock_does_not_go_back():
    twin = TwinFactory.create(clock_ahead=timedelta(days=3))
    assert refused(lambda: Merchant.objects.filter(pk=twin.pk).update(clock_ahead=timedelta(days=2)))


def test_a_clock_goes_forward():
    twin = TwinFactory.create(clock_ahead=timedelta(days=3))
    Merchant.objects.filter(pk=twin.pk).update(clock_ahead=timedelta(days=4))
    assert Merchant.objects.get(pk=twin.pk).clock_ahead == timedelta(days=4)


def test_a_live_clock_is_the_time():
    assert refused(lambda: MerchantFactory.create(clock_ahead=timedelta(seconds=1)))


def test_payout_by_the_platform_needs_a_licence():
    assert refused(lambda: MerchantFactory.create(settlement_mode=SettlementMode.PLATFORM_PAYOUT))


@pytest.mark.parametrize(
    "licence",
    [
        pytest.param({"valid_to": date(2024, 1, 1)}, id="run out"),
        pytest.param({"valid_from": date(2090, 1, 1)}, id="not begun"),
        pytest.param({"jurisdiction": "SG"}, id="of another country"),
    ],
)
def test_a_licence_that_does_not_cover_the_merchant_is_no_licence(licence: dict[str, Any]):
    record = LicenceFactory.create(**licence)
    assert refused(
        lambda: MerchantFactory.create(settlement_mode=SettlementMode.PLATFORM_PAYOUT, licence=record)
    )


def test_a_licence_in_force_lets_the_platform_pay_out():
    merchant = MerchantFactory.create(
        settlement_mode=SettlementMode.PLATFORM_PAYOUT, licence=LicenceFactory.create()
    )
    assert merchant.settlement_mode == SettlementMode.PLATFORM_PAYOUT


def test_a_change_to_payout_is_checked_too():
    merchant = MerchantFactory.create(licence=LicenceFactory.create(jurisdiction="SG"))
    change = Merchant.objects.filter(pk=merchant.pk)
    assert refused(lambda: change.update(settlement_mode=SettlementMode.PLATFORM_PAYOUT))


def test_a_licence_keeps_its_country():
    licence = LicenceFactory.create()
    assert refused(lambda: type(licence).objects.filter(pk=licence.pk).update(jurisdiction="SG"))


def test_a_twin_has_no_members_of_its_own():
    assert refused(lambda: MemberFactory.create(merchant=TwinFactory.create()))


def test_a_person_is_a_member_once():
    member = MemberFactory.create()
    assert refused(lambda: Member.objects.create(merchant=member.merchant, user=member.user, role="viewer"))


def test_a_store_stands_in_its_merchants_book():
    merchant = MerchantFactory.create()
    assert refused(lambda: StoreFactory.create(merchant=merchant, book=Book.SANDBOX, slug="a-test"))


def test_a_live_store_cannot_look_like_a_test_store():
    assert refused(lambda: StoreFactory.create(slug="acme-test"))


def test_a_product_belongs_to_the_merchant_of_its_store():
    store, stranger = StoreFactory.create(), MerchantFactory.create()
    assert refused(lambda: ProductFactory.create(store=store, merchant=stranger))


def test_an_import_belongs_to_the_merchant_of_its_product():
    product = ProductFactory.create()
    assert refused(lambda: StockBatchFactory.create(product=product, merchant=MerchantFactory.create()))


def test_a_key_belongs_to_the_product_of_its_import():
    batch, product = StockBatchFactory.create(), ProductFactory.create()
    assert refused(
        lambda: StockItem.objects.create(
            merchant=product.merchant, product=product, batch=batch, sealed=b"x", fingerprint=b"0" * 16
        )
    )


def test_a_key_is_in_a_product_once():
    product = ProductFactory.create()
    stocked(product, ["SAME"])
    assert refused(lambda: stocked(product, ["SAME"]))


def test_a_key_may_be_in_two_products():
    stocked(ProductFactory.create(), ["SAME"])
    other = ProductFactory.create()
    stocked(other, ["SAME"])
    assert items_of(other).count() == 1


def reserve(product: Product, **fields: Any) -> int:
    values: dict[str, Any] = {
        "state": StockState.RESERVED,
        "order_id": ids.new(),
        "ordinal": 1,
        "reserved_until": clock.now(),
    }
    return int(items_of(product).update(**{**values, **fields}))


@pytest.mark.parametrize("missing", ["order_id", "ordinal", "reserved_until"])
def test_a_reserved_key_has_an_order_a_place_and_an_end(missing: str):
    product = sellable(1)
    assert refused(lambda: reserve(product, **{missing: None}))


def test_two_keys_cannot_have_the_same_place_in_an_order():
    product = sellable(2)
    assert refused(lambda: reserve(product))


def test_a_free_key_has_no_order():
    product = sellable(1)
    assert refused(lambda: items_of(product).update(order_id=ids.new(), ordinal=1))


def test_a_key_is_not_delivered_without_a_reservation():
    product = sellable(1)
    delivered = {"state": StockState.DELIVERED, "delivered_at": clock.now(), "reserved_until": None}
    assert refused(lambda: reserve(product, **delivered))


def test_a_reserved_key_does_not_change_hands():
    product = sellable(1)
    reserve(product)
    assert refused(lambda: reserve(product))


@pytest.fixture
def delivered() -> Any:
    product = sellable(1)
    reserve(product)
    items_of(product).update(state=StockState.DELIVERED, delivered_at=clock.now(), reserved_until=None)
    return items_of(product)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(
            {"state": "available", "order_id": None, "ordinal": None, "delivered_at": None}, id="back"
        ),
        pytest.param({"state": "void", "order_id": None, "ordinal": None, "delivered_at": None}, id="void"),
        pytest.param({"order_id": ids.new()}, id="another order"),
        pytest.param({"ordinal": F("ordinal") + 1}, id="another place"),
        pytest.param({"delivered_at": clock.now() + timedelta(days=1)}, id="another time"),
    ],
)
def test_a_delivered_key_is_final(delivered: Any, change: dict[str, Any]):
    assert refused(lambda: delivered.update(**change))


def test_a_void_key_is_final():
    product = sellable(1)
    items_of(product).update(state=StockState.VOID)
    assert refused(lambda: items_of(product).update(state=StockState.AVAILABLE))


def test_a_key_does_not_move_to_another_product():
    product, other = sellable(1), ProductFactory.create()
    assert refused(lambda: items_of(product).update(product=other))


def test_a_key_may_be_sealed_anew(delivered: Any):
    assert delivered.update(sealed=b"under a newer key") == 1


def test_a_key_is_never_deleted():
    product = sellable(1)
    assert refused(lambda: items_of(product).delete())


def test_keys_are_never_truncated():
    def truncate() -> None:
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE merchants_stockitem CASCADE")

    assert refused(truncate)


def test_a_key_does_not_start_sold():
    batch = StockBatchFactory.create()
    assert refused(
        lambda: StockItem.objects.create(
            merchant=batch.merchant,
            product=batch.product,
            batch=batch,
            sealed=b"x",
            fingerprint=b"0" * 16,
            state=StockState.VOID,
        )
    )


def test_e_mails_of_people_are_unique_in_lower_case():
    UserFactory.create(email="Somebody@Example.com")
    assert refused(lambda: UserFactory.create(email="somebody@example.COM"))


def test_a_store_has_a_name():
    assert refused(lambda: StoreFactory.create(name_zh="", name_en=""))
    assert not Store.objects.exists()
