"""Coupons in the back office: read across merchants, and those of the platform's own made and changed."""

import html
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from merchants.models import Coupon, CouponCode
from merchants.states import Carrier, SettlementMode
from tests.factories import payments as make
from tests.factories.coupons import CouponFactory, code_of, used
from tests.factories.merchants import MerchantFactory

pytestmark = pytest.mark.django_db
WHY = "the autumn campaign"


def do(client: Client, deed: str, *args: object, **typed: object) -> str:
    """Press a button; gives what the dialog then says, nothing where it is done."""
    form = {"reason": WHY, "_form_submitted": "true", **typed}
    answer = client.post(reverse(f"admin:merchants_coupon_{deed}", args=args), form)
    return "" if "HX-Redirect" in answer.headers else html.unescape(answer.content.decode())


def terms(**more: Any) -> dict[str, Any]:
    merchant = MerchantFactory.create(settlement_mode=SettlementMode.OWN_SUPPLY)
    return {
        "merchant_id": merchant.key,
        "name": "Autumn",
        "code": "gift-24",
        "kind": "percentage",
        "currency": "CNY",
        "percent": "12.5",
        "cap": "20",
        "most_uses": "100",
        "starts_at": "2030-01-01 08:00",
    } | more


def test_the_platform_makes_a_coupon_for_a_merchants_goods(desk: Client):
    assert do(desk, "carry", **terms()) == ""
    made = Coupon.objects.get()
    assert (made.carrier, made.cap, str(made.percent), made.currency) == ("platform", 2000, "12.50", "CNY")
    assert made.starts_at.isoformat() == "2030-01-01T00:00:00+00:00"
    assert CouponCode.objects.get().code == "GIFT24"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"percent": "101"}, "at most 100"),
        ({"cap": "1.999"}, "This is not an amount."),
        ({"code": "!"}, "Use 3 to 32 letters"),
        ({"merchant_id": ""}, "There is no such merchant."),
    ],
)
def test_nonsense_is_said_in_the_dialog_and_makes_nothing(desk: Client, wrong: dict[str, str], said: str):
    assert said in do(desk, "carry", **terms(**wrong))
    assert not Coupon.objects.exists()


def test_it_is_not_for_a_merchant_who_holds_the_money(desk: Client):
    said = do(desk, "carry", **terms(merchant_id=MerchantFactory.create().key))
    assert "only where it holds the merchant's money" in said


def test_a_coupon_of_a_merchant_is_read_and_its_codes_are_only_counted(desk: Client):
    shop = make.shop()
    coupon = CouponFactory.create(merchant=shop.merchant, name="Spring")
    order = make.place(shop)
    used(code_of(coupon, "SPRING24"), order_id=order.pk)
    page = html.unescape(
        desk.get(reverse("admin:merchants_coupon_change", args=[coupon.pk])).content.decode()
    )
    assert order.key in page
    assert "SPRING24" not in page
    assert "Pause" not in page
    listed = desk.get(reverse("admin:merchants_couponuse_changelist"), {"q": order.key}).content.decode()
    assert "Spring" in listed


def test_who_may_not_carry_coupons_changes_none(auditor: Client):
    merchant = MerchantFactory.create(settlement_mode=SettlementMode.OWN_SUPPLY)
    coupon = CouponFactory.create(merchant=merchant, carrier=Carrier.PLATFORM)
    address = reverse("admin:merchants_coupon_pause", args=[coupon.pk])
    assert auditor.post(address, {"reason": WHY, "_form_submitted": "true"}).status_code == 403
    assert Permission.objects.filter(codename="carry_coupon").exists()
