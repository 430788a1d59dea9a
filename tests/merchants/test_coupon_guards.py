"""What the database refuses of coupons by itself, whatever a service would do."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import F

from kernel import clock, ids
from kernel.books import Book
from merchants.models import Coupon, CouponCode, CouponProduct, CouponUse
from merchants.states import Carrier, CouponKind, CouponStatus, SettlementMode, UseState
from tests.factories.coupons import CouponCodeFactory, CouponFactory, code_of, percentage, used
from tests.factories.merchants import MerchantFactory, ProductFactory, StoreFactory

pytestmark = pytest.mark.django_db


def refusal(write: Any) -> str:
    """The constraint by which the database refuses the write, or what it says; the transaction goes on."""
    try:
        with transaction.atomic():
            write()
            connection.check_constraints()
    except IntegrityError as error:
        said: Any = error.__cause__
        return str(said.diag.constraint_name or said.diag.message_primary)
    return ""


def give_back(use: CouponUse) -> None:
    CouponUse.objects.filter(pk=use.pk).update(state=UseState.RETURNED, returned_at=clock.now())


def take_again(use: CouponUse) -> None:
    CouponUse.objects.filter(pk=use.pk).update(state=UseState.RESERVED)


def counts(code: CouponCode) -> tuple[int, int]:
    """Live uses of the coupon and of the code, as counted."""
    code.refresh_from_db()
    return Coupon.objects.get(pk=code.coupon_id).used, code.used


def test_a_use_counts_for_its_coupon_and_its_code_until_it_is_returned():
    code = CouponCodeFactory.create()
    other = code_of(code.coupon)
    use = used(code)
    used(other)
    assert counts(code) == (2, 1)
    give_back(use)
    assert counts(code) == (1, 0)
    take_again(use)
    assert counts(code) == (2, 1)


def test_a_redeemed_use_goes_on_counting():
    code = CouponCodeFactory.create()
    use = used(code)
    CouponUse.objects.filter(pk=use.pk).update(state=UseState.REDEEMED, redeemed_at=clock.now())
    assert counts(code) == (1, 1)


def test_a_coupon_is_not_used_more_often_than_it_may_be():
    coupon = CouponFactory.create(most_uses=1)
    used(code_of(coupon))
    other = code_of(coupon)
    assert refusal(lambda: used(other)) == "coupon_used_up"


def test_a_code_is_not_used_more_often_than_it_may_be():
    code = CouponCodeFactory.create(most_uses=1)
    use = used(code)
    assert refusal(lambda: used(code)) == "coupon_code_used_up"
    give_back(use)
    used(code)
    assert refusal(lambda: take_again(use)) == "coupon_code_used_up"


def test_a_buyer_does_not_use_a_coupon_more_often_than_one_may():
    coupon = CouponFactory.create(per_buyer=2)
    code, buyer = code_of(coupon), b"b" * 16
    first, second = used(code, buyer_key=buyer), used(code, buyer_key=buyer)
    assert (first.ordinal, second.ordinal) == (None, None)  # the database's, not the object's
    assert refusal(lambda: used(code, buyer_key=buyer)) == "coupon_use_of_buyer"
    give_back(first)
    third = used(code, buyer_key=buyer)
    third.refresh_from_db()
    assert third.ordinal == 1
    assert refusal(lambda: take_again(first)) == "coupon_use_of_buyer"
    used(code)


def test_two_uses_of_a_buyer_do_not_share_a_number():
    coupon = CouponFactory.create(per_buyer=2)
    code, buyer = code_of(coupon), b"b" * 16
    used(code, buyer_key=buyer)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE merchants_couponuse DISABLE TRIGGER coupon_use_numbered")
    assert refusal(lambda: used(code, buyer_key=buyer, ordinal=1)) == "coupon_use_of_buyer"


def test_an_order_uses_a_coupon_once():
    coupon, order = CouponFactory.create(), ids.new()
    used(code_of(coupon), order_id=order)
    other = code_of(coupon)
    assert refusal(lambda: used(other, order_id=order)) == "coupon_use_once"


def test_a_code_stands_once_with_a_merchant():
    code = CouponCodeFactory.create(code="SPRING")
    assert refusal(lambda: code_of(code.coupon, "SPRING")) == "coupon_code_once"
    assert CouponCodeFactory.create(code="SPRING")


@pytest.mark.parametrize("text", ["spring", "SP", "SPRING-24", "SPRING 24", "Ｓ" * 5])
def test_a_code_is_upper_case_letters_and_digits(text):
    coupon = CouponFactory.create()
    assert refusal(lambda: code_of(coupon, text)) == "coupon_code"


def test_a_bound_code_is_not_used_by_another_buyer():
    code = CouponCodeFactory.create(buyer_key=b"a" * 16)
    assert refusal(lambda: used(code, buyer_key=b"b" * 16)) == "coupon_use_by_its_buyer"
    assert used(code, buyer_key=b"a" * 16)


def test_a_coupon_is_not_used_in_another_currency():
    code = CouponCodeFactory.create()
    assert refusal(lambda: used(code, currency="USD")) == "coupon_use_in_its_currency"
    assert used(code_of(percentage(10)), currency="USD")


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"amount": None}, "coupon_terms"),
        ({"amount": 0}, "coupon_terms"),
        ({"percent": 10}, "coupon_terms"),
        ({"cap": 10}, "coupon_terms"),
        ({"kind": CouponKind.PERCENTAGE}, "coupon_terms"),
        ({"kind": CouponKind.PERCENTAGE, "amount": None, "percent": 0}, "coupon_terms"),
        ({"kind": CouponKind.PERCENTAGE, "amount": None, "percent": 101}, "coupon_terms"),
        ({"kind": CouponKind.SPEND_AND_SAVE}, "coupon_minimum"),
        ({"kind": CouponKind.SPEND_AND_SAVE, "minimum": 100}, "coupon_saves_less_than_spent"),
        ({"minimum": 0}, "coupon_minimum"),
        ({"currency": ""}, "coupon_currency"),
        ({"first_order": True}, "coupon_first_order_once"),
        ({"first_order": True, "per_buyer": 2}, "coupon_first_order_once"),
        ({"per_buyer": 0}, "coupon_per_buyer"),
        ({"most_uses": 0}, "coupon_most_uses"),
        ({"carrier": Carrier.PLATFORM}, "coupon_carried_by_platform"),
        ({"book": Book.SANDBOX}, "coupon_merchant_book"),
    ],
)
def test_terms_that_make_no_sense_are_refused(fields, constraint):
    assert refusal(lambda: CouponFactory.create(**fields)) == constraint


def test_a_window_begins_before_it_ends():
    now = clock.now()
    assert refusal(lambda: CouponFactory.create(starts_at=now, ends_at=now)) == "coupon_window"
    assert CouponFactory.create(starts_at=now, ends_at=now + timedelta(seconds=1))


@pytest.mark.parametrize(
    "terms",
    [
        {"amount": 99},
        {"currency": "USD"},
        {"minimum": 500},
        {"stackable": True},
        {"per_buyer": 3},
        {"kind": CouponKind.PERCENTAGE, "amount": None, "percent": 5},
    ],
)
def test_what_a_used_coupon_promises_stays_so(terms):
    coupon = CouponFactory.create()
    own = Coupon.objects.filter(pk=coupon.pk)
    own.update(**terms)
    own.update(kind=CouponKind.FIXED, percent=None, amount=100, currency="CNY", minimum=None)
    own.update(stackable=False, per_buyer=None)
    give_back(used(code_of(coupon)))
    assert refusal(lambda: own.update(**terms)) == "coupon_terms_fixed"


def test_limits_and_window_of_a_used_coupon_may_change():
    coupon = CouponFactory.create(most_uses=1, per_buyer=1)
    used(code_of(coupon))
    own = Coupon.objects.filter(pk=coupon.pk)
    own.update(most_uses=2, per_buyer=2, ends_at=clock.now(), name="Other", status=CouponStatus.PAUSED)
    assert refusal(lambda: own.update(per_buyer=1)) == "coupon_terms_fixed"


def test_the_platform_carries_where_it_holds_the_money():
    coupon = CouponFactory.create(
        merchant__settlement_mode=SettlementMode.OWN_SUPPLY, carrier=Carrier.PLATFORM
    )
    code = code_of(coupon)
    used(code)
    coupon.merchant.settlement_mode = SettlementMode.DIRECT
    coupon.merchant.save()
    assert refusal(lambda: used(code)) == "coupon_carried_by_platform"


def test_a_use_is_carried_as_its_coupon_is():
    code = code_of(
        CouponFactory.create(merchant__settlement_mode=SettlementMode.OWN_SUPPLY, carrier=Carrier.PLATFORM)
    )
    assert refusal(lambda: used(code, carrier=Carrier.MERCHANT)) == "coupon_use_coupon"


def test_a_use_is_of_its_codes_coupon():
    code, other = CouponCodeFactory.create(), CouponFactory.create()
    fields = {"coupon": other, "code": code, "merchant": other.merchant, "book": other.book}
    values = {"order_id": ids.new(), "buyer_key": b"b" * 16, "discount": 1, "currency": "CNY"}
    write = {**fields, **values, "carrier": other.carrier, "reserved_at": clock.now()}
    assert refusal(lambda: CouponUse.objects.create(**write)) == "coupon_use_code"


def test_stores_products_and_codes_are_of_the_coupons_merchant():
    coupon, store = CouponFactory.create(), StoreFactory.create()
    product, merchant = ProductFactory.create(), MerchantFactory.create()
    assert refusal(lambda: CouponFactory.create(store=store)) == "coupon_store_merchant"
    strange = {"coupon": coupon, "product": product}
    assert refusal(lambda: CouponProduct.objects.create(**strange, merchant=coupon.merchant)) == (
        "coupon_product_product"
    )
    assert refusal(lambda: CouponProduct.objects.create(**strange, merchant=product.merchant)) == (
        "coupon_product_coupon"
    )
    assert refusal(lambda: code_of(coupon, merchant=merchant)) == "coupon_code_coupon"


def test_counters_are_nobodys_but_the_uses():
    code = CouponCodeFactory.create()
    coupons, codes = Coupon.objects.filter(pk=code.coupon_id), CouponCode.objects.filter(pk=code.pk)
    assert "counted by the uses" in refusal(lambda: coupons.update(used=F("used") + 1))
    assert "counted by the uses" in refusal(lambda: codes.update(used=F("used") + 1))
    assert "unused" in refusal(lambda: CouponFactory.create(used=1))
    assert "unused" in refusal(lambda: code_of(code.coupon, used=1))


def test_a_use_moves_as_its_states_allow_and_is_never_deleted():
    use = used(CouponCodeFactory.create())
    own = CouponUse.objects.filter(pk=use.pk)
    assert "as its states allow" in refusal(lambda: own.update(discount=99))
    assert "as its states allow" in refusal(lambda: own.update(ordinal=9))
    assert "never deleted" in refusal(own.delete)
    assert refusal(lambda: own.update(state=UseState.RETURNED)) == "coupon_use_returned_at"
    assert refusal(lambda: own.update(state=UseState.REDEEMED)) == "coupon_use_redeemed_at"
    give_back(use)
    now = clock.now()
    assert "as its states allow" in refusal(lambda: own.update(state=UseState.REDEEMED, redeemed_at=now))


def test_a_code_and_a_coupon_keep_whose_they_are():
    code = CouponCodeFactory.create()
    other = CouponFactory.create()
    codes, coupons = CouponCode.objects.filter(pk=code.pk), Coupon.objects.filter(pk=code.coupon_id)
    assert "a code is a record" in refusal(lambda: codes.update(code="OTHER"))
    assert "keeps its merchant" in refusal(lambda: coupons.update(merchant=other.merchant))
    coupons.update(status=CouponStatus.ENDED)
    assert "stays so" in refusal(lambda: coupons.update(status=CouponStatus.ACTIVE))
