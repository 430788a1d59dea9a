"""Coupons judged, reserved, redeemed, given back and taken again; each refusal by its own name."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction

from kernel import clock, ids
from kernel.money import Money
from merchants import coupon_errors
from merchants.coupon_texts import normalised, read
from merchants.models import Coupon, CouponCode, CouponProduct, CouponUse, Merchant
from merchants.services import catalogue, coupons
from merchants.services.catalogue import Offer
from merchants.services.coupons import Discount
from merchants.states import Carrier, CouponKind, CouponStatus, SettlementMode, UseState
from outbox.models import Event
from tests.factories.coupons import CouponFactory, code_of, percentage, used
from tests.factories.merchants import ProductFactory, StoreFactory

pytestmark = pytest.mark.django_db
NOW = clock.now()
ME = b"m" * 16


@pytest.fixture
def offer() -> Offer:
    return catalogue.offer(ProductFactory.create().pk)


def seller(offer: Offer) -> Merchant:
    return Merchant.objects.get(pk=offer.merchant_id)


def coupon(offer: Offer, **fields: Any) -> Coupon:
    return CouponFactory.create(merchant=seller(offer), **fields)


def code(offer: Offer, text: str = "SAVE", **fields: Any) -> CouponCode:
    """A code of a coupon with these terms."""
    return code_of(coupon(offer, **fields), text)


def judge(offer: Offer, *codes: str, spent: int = 1000, is_first: bool = True, **facts: Any) -> Discount:
    values: dict[str, Any] = {"buyer_key": ME, "is_first": lambda: is_first, "now": clock.now()} | facts
    return coupons.judge(offer, codes, Money(spent, offer.currency), **values)


def refusal(offer: Offer, *codes: str, **facts: Any) -> type[Exception]:
    with pytest.raises(coupon_errors.CouponRefused) as refused:
        judge(offer, *codes, **facts)
    return refused.type


def reserved(offer: Offer, *codes: str, buyer_key: bytes = ME) -> UUID:
    """An order that has these codes reserved."""
    order_id = ids.new()
    discount = judge(offer, *codes, buyer_key=buyer_key)
    coupons.reserve(order_id, offer, discount, buyer_key=buyer_key, now=clock.now())
    return order_id


def states(order_id: UUID) -> list[str]:
    return list(
        CouponUse.objects.filter(order_id=order_id).order_by("coupon_id").values_list("state", flat=True)
    )


def test_a_code_is_read_as_people_type_it():
    assert normalised(" spring-24 sale ") == "SPRING24SALE"
    assert normalised("ＳＰＲＩＮＧ　２４") == "SPRING24"
    assert read("a-1-x, B2X；a1x、") == ("A1X", "B2X")
    assert read("  ") == ()


def test_a_code_takes_off_what_its_coupon_says(offer):
    made = code(offer, amount=300)
    (line,) = judge(offer, "SAVE").lines
    assert (line.code, line.code_id, line.coupon_id) == ("SAVE", made.pk, made.coupon_id)
    assert (line.amount, line.carrier) == (Money(300, "CNY"), Carrier.MERCHANT)


def test_no_code_takes_nothing_off(offer):
    assert judge(offer).amount == 0


def test_a_code_that_is_not_there_is_unknown(offer):
    code_of(CouponFactory.create(), "OTHERS")
    assert refusal(offer, "OTHERS") is coupon_errors.CouponUnknown
    assert refusal(offer, "é" * 9) is coupon_errors.CouponUnknown


def test_the_first_code_that_does_not_hold_is_named(offer):
    code(offer, "GOOD", stackable=True)
    code(offer, "OLD", stackable=True, ends_at=NOW)
    with pytest.raises(coupon_errors.CouponExpired) as refused:
        judge(offer, "GOOD", "OLD", "NONE")
    assert refused.value.context == {"code": "OLD"}


@pytest.mark.parametrize(
    ("terms", "reason"),
    [
        ({"starts_at": NOW + timedelta(days=1)}, coupon_errors.CouponNotYet),
        ({"ends_at": NOW - timedelta(seconds=1)}, coupon_errors.CouponExpired),
        ({"minimum": 1001}, coupon_errors.CouponMinimum),
        ({"currency": "USD"}, coupon_errors.CouponNotForThis),
    ],
)
def test_each_reason_has_a_refusal_of_its_own(offer, terms, reason):
    code(offer, **terms)
    assert refusal(offer, "SAVE") is reason


def test_what_is_missing_is_said(offer):
    code(offer, kind=CouponKind.SPEND_AND_SAVE, minimum=1500)
    with pytest.raises(coupon_errors.CouponMinimum) as refused:
        judge(offer, "SAVE", spent=1200)
    assert refused.value.context["missing"] == Money(300, "CNY")
    assert judge(offer, "SAVE", spent=1500).amount == 100


@pytest.mark.parametrize(
    ("status", "reason"),
    [(CouponStatus.PAUSED, coupon_errors.CouponPaused), (CouponStatus.ENDED, coupon_errors.CouponExpired)],
)
def test_a_paused_or_ended_coupon_is_refused(offer, status, reason):
    Coupon.objects.filter(pk=code(offer).coupon_id).update(status=status)
    assert refusal(offer, "SAVE") is reason


def test_a_coupon_of_one_store_or_product_is_for_no_other(offer):
    other = ProductFactory.create(store=StoreFactory.create(merchant=seller(offer)))
    elsewhere = catalogue.offer(other.pk)
    code(offer, "HERE", store_id=offer.store_id)
    made = code(offer, "THIS")
    CouponProduct.objects.create(
        coupon_id=made.coupon_id, product_id=offer.product_id, merchant_id=offer.merchant_id
    )
    assert judge(offer, "HERE").amount == judge(offer, "THIS").amount == 100
    assert refusal(elsewhere, "HERE") is refusal(elsewhere, "THIS") is coupon_errors.CouponNotForThis


def test_a_first_order_coupon_asks_whether_it_is_one(offer):
    code(offer, first_order=True, per_buyer=1)
    assert judge(offer, "SAVE").amount == 100
    assert refusal(offer, "SAVE", is_first=False) is coupon_errors.CouponFirstOrder
    assert judge(offer, "SAVE", is_first=False, buyer_key=None).amount == 100


def test_a_bound_code_is_unknown_to_another_buyer(offer):
    made = coupon(offer)
    code_of(made, "MINE", buyer_key=ME)
    assert judge(offer, "MINE").amount == 100
    assert refusal(offer, "MINE", buyer_key=b"o" * 16) is coupon_errors.CouponUnknown


def test_a_tagged_address_is_the_same_buyer(offer):
    plain = coupons.buyer_key(offer.merchant_id, "me@example.com")
    assert coupons.buyer_key(offer.merchant_id, " Me+2@Example.com") == plain
    assert coupons.buyer_key(offer.merchant_id, "you@example.com") != plain
    assert coupons.buyer_key(offer.store_id, "me@example.com") != plain


def test_codes_go_together_only_where_all_allow_it(offer):
    for text, stackable in (("ONE", True), ("TWO", True), ("LONE", False)):
        code(offer, text, stackable=stackable)
    assert judge(offer, "ONE", "TWO").amount == 200
    assert refusal(offer, "ONE", "LONE") is coupon_errors.CouponNotTogether


def test_two_codes_of_one_coupon_do_not_go_together(offer):
    made = code(offer, "ONE", stackable=True)
    code_of(made.coupon, "TWO")
    assert refusal(offer, "ONE", "TWO") is coupon_errors.CouponNotTogether


def test_more_than_three_codes_are_refused(offer):
    assert refusal(offer, "ONE", "TWO", "THREE", "FOUR") is coupon_errors.TooManyCodes


def test_a_code_that_would_take_nothing_off_is_refused(offer):
    code(offer, "ALL", amount=1000, stackable=True)
    code(offer, "MORE", amount=50, stackable=True)
    assert judge(offer, "ALL").amount == 999
    assert refusal(offer, "ALL", "MORE") is coupon_errors.CouponIdle


def test_a_platforms_coupon_is_not_valid_where_it_cannot_carry_it(offer):
    made = ProductFactory.create(store__merchant__settlement_mode=SettlementMode.OWN_SUPPLY)
    offer = catalogue.offer(made.pk)
    code(offer, carrier=Carrier.PLATFORM)
    assert judge(offer, "SAVE").promotion == 100
    made.merchant.settlement_mode = SettlementMode.DIRECT
    made.merchant.save()
    assert refusal(offer, "SAVE") is coupon_errors.CouponPaused


def test_a_percentage_fits_every_currency(offer):
    made = percentage(Decimal("12.5"), merchant=seller(offer))
    code_of(made, "SHARE")
    dollars = replace(offer, currency="USD")
    assert judge(dollars, "SHARE", spent=1004).lines[0].amount == Money(126, "USD")


def test_a_coupon_that_is_used_up_is_refused_until_a_use_comes_back(offer):
    code(offer, most_uses=1)
    order_id = reserved(offer, "SAVE")
    assert refusal(offer, "SAVE") is coupon_errors.CouponUsedUp
    coupons.give_back([order_id], at=clock.now())
    assert judge(offer, "SAVE").amount == 100


def test_a_buyer_who_has_used_it_is_told_so(offer):
    code(offer, per_buyer=1)
    reserved(offer, "SAVE")
    assert refusal(offer, "SAVE") is coupon_errors.CouponUsedByYou
    assert judge(offer, "SAVE", buyer_key=b"o" * 16).amount == 100


@pytest.mark.parametrize(
    ("limit", "reason"),
    [({"most_uses": 1}, coupon_errors.CouponUsedUp), ({"per_buyer": 1}, coupon_errors.CouponUsedByYou)],
)
def test_who_loses_the_last_use_is_refused_in_the_same_words(offer, limit, reason):
    code(offer, **limit)
    late = judge(offer, "SAVE")
    reserved(offer, "SAVE")
    with pytest.raises(reason), transaction.atomic():
        coupons.reserve(ids.new(), offer, late, buyer_key=ME, now=clock.now())
    assert CouponUse.objects.count() == 1


def test_a_use_is_reserved_redeemed_and_given_back_once(offer):
    code(offer, "ONE", stackable=True)
    code(offer, "TWO", stackable=True)
    order_id = reserved(offer, "ONE", "TWO")
    assert states(order_id) == [UseState.RESERVED] * 2
    assert [shown.code for shown in coupons.codes_of(order_id)] == ["ONE", "TWO"]
    assert coupons.redeem([order_id], at=clock.now()) == 2
    assert coupons.redeem([order_id], at=clock.now()) == 0
    assert coupons.give_back([order_id], at=clock.now()) == 2
    assert coupons.give_back([order_id], at=clock.now()) == 0
    assert list(Coupon.objects.values_list("used", flat=True)) == [0, 0]


def again(order_id: UUID, at: datetime, *, is_first: bool = True) -> bool:
    return coupons.take_again(order_id, is_first=lambda: is_first, at=at)


def test_uses_are_taken_again_unless_others_were_faster(offer):
    code(offer, most_uses=1)
    first = reserved(offer, "SAVE")
    coupons.give_back([first], at=clock.now())
    assert again(first, clock.now())
    coupons.give_back([first], at=clock.now())
    reserved(offer, "SAVE", buyer_key=b"o" * 16)
    assert not again(first, clock.now())
    assert not coupons.restore(first, at=clock.now())
    assert states(first) == [UseState.RETURNED]


def test_one_of_two_that_is_gone_leaves_both(offer):
    code(offer, "ONE", stackable=True)
    code(offer, "TWO", stackable=True, most_uses=1)
    first = reserved(offer, "ONE", "TWO")
    coupons.give_back([first], at=clock.now())
    reserved(offer, "TWO", buyer_key=b"o" * 16)
    assert not again(first, clock.now())
    assert states(first) == [UseState.RETURNED] * 2


def test_what_is_taken_again_is_judged_again(offer):
    made = code(offer, first_order=True, per_buyer=1, ends_at=NOW + timedelta(hours=1))
    order_id = reserved(offer, "SAVE")
    coupons.give_back([order_id], at=clock.now())
    assert not again(order_id, NOW + timedelta(hours=1))
    assert not again(order_id, NOW, is_first=False)
    Coupon.objects.filter(pk=made.coupon_id).update(status=CouponStatus.PAUSED)
    assert not again(order_id, NOW)
    assert coupons.restore(order_id, at=NOW)  # a refund that bounced asks only for the limits
    assert states(order_id) == [UseState.REDEEMED]


def test_a_use_of_another_order_stays_as_it_is(offer):
    made = code(offer)
    other = used(made)
    coupons.give_back([reserved(offer, "SAVE")], at=clock.now())
    assert states(other.order_id) == [UseState.RESERVED]


def test_the_last_use_is_told_and_the_ones_before_are_not(offer):
    made = code(offer)
    Coupon.objects.filter(pk=made.coupon_id).update(most_uses=2)
    told = Event.objects.filter(topic="coupon.used_up")
    reserved(offer, "SAVE", buyer_key=b"a" * 16)
    assert not told.exists()
    reserved(offer, "SAVE", buyer_key=b"b" * 16)
    assert (told.get().payload["coupon"], told.get().payload["used"]) == (made.coupon.key, 2)
