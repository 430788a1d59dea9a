"""Coupons by API."""

from typing import Any

import pytest

from merchants.models import Coupon, CouponCode
from merchants.states import Carrier, SettlementMode
from tests.api.client import Api
from tests.factories import payments as make
from tests.factories.coupons import CouponFactory, code_of, used
from tests.factories.merchants import ProductFactory

CAP = {"amount": 2000, "currency": "CNY"}
TENTH = {"name": "Spring", "kind": "percentage", "percent": "10", "cap": CAP, "code": "spring-24"}


@pytest.fixture
def coupon(shop: make.Shop) -> Coupon:
    return CouponFactory.create(merchant=shop.merchant)


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_a_coupon_is_made_in_force_with_its_code(api: Api, shop: make.Shop):
    made = api.post("/coupons", {**TENTH, "products": [shop.product.key], "store": shop.product.store.key})
    assert made.status_code == 201
    shown = made.json()
    assert shown == api.get(f"/coupons/{shown['id']}").json()
    assert (shown["status"], shown["percent"], shown["cap"], shown["amount"]) == ("active", "10", CAP, None)
    assert (shown["products"], shown["carrier"]) == ([shop.product.key], "merchant")
    assert [each["code"] for each in api.get(f"/coupons/{shown['id']}/codes").json()["data"]] == ["SPRING24"]


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"percent": 10}, ["percent"]),
        ({"percent": "101"}, ["percent"]),
        ({"percent": None}, ["percent"]),
        ({"kind": "spend_and_save", "amount": CAP, "percent": None, "cap": None}, ["minimum"]),
        ({"kind": "fixed", "amount": CAP}, ["cap", "percent"]),
        ({"amount": CAP}, ["amount"]),
        ({"minimum": {"amount": 1, "currency": "USD"}}, ["cap", "minimum"]),
        ({"per_buyer": 0}, ["per_buyer"]),
        ({"code": "!"}, ["code"]),
        ({"carrier": "platform"}, ["carrier"]),
        ({"starts_at": "2030-01-02T00:00:00Z", "ends_at": "2030-01-01T00:00:00Z"}, ["ends_at"]),
    ],
)
def test_nonsense_is_refused_by_its_field_and_makes_nothing(api: Api, changes: Any, wrong: list[str]):
    answer = api.post("/coupons", TENTH | changes)
    assert (answer.status_code, sorted(answer.json()["errors"])) == (400, wrong)
    assert not Coupon.objects.exists()


def test_anothers_product_is_not_there(api: Api):
    answer = api.post("/coupons", TENTH | {"products": [ProductFactory.create().key]})
    assert (answer.status_code, list(answer.json()["errors"])) == (404, ["products"])


def test_a_code_that_is_taken_makes_no_coupon(api: Api, coupon: Coupon):
    code_of(coupon, "SPRING24")
    assert code(api.post("/coupons", TENTH)) == (409, "coupons.code_taken")
    assert Coupon.objects.count() == 1


def test_a_change_leaves_the_rest_and_what_was_promised(api: Api, coupon: Coupon):
    used(code_of(coupon))
    where = f"/coupons/{coupon.key}"
    assert api.patch(where, {"most_uses": 7}).json()["amount"] == {"amount": 100, "currency": "CNY"}
    assert code(api.patch(where, {"amount": {"amount": 9, "currency": "CNY"}})) == (
        409,
        "coupons.terms_fixed",
    )
    assert api.patch(where, {"most_uses": None}).json()["most_uses"] is None


def test_a_coupon_is_paused_resumed_and_ended_and_asking_twice_is_harmless(api: Api, coupon: Coupon):
    verbs = ("pause", "pause", "resume", "end", "end")
    states = [api.post(f"/coupons/{coupon.key}/{verb}").json()["status"] for verb in verbs]
    assert states == ["paused", "paused", "active", "ended", "ended"]
    assert code(api.post(f"/coupons/{coupon.key}/resume")) == (409, "illegal_move")
    assert code(api.post(f"/coupons/{coupon.key}/codes", {"code": "LATE"})) == (409, "coupons.ended")


def test_what_the_platform_carries_is_read_and_not_changed(api: Api, shop: make.Shop):
    type(shop.merchant).objects.filter(pk=shop.merchant.pk).update(settlement_mode=SettlementMode.OWN_SUPPLY)
    carried = CouponFactory.create(merchant=shop.merchant, carrier=Carrier.PLATFORM)
    assert api.get(f"/coupons/{carried.key}").json()["carrier"] == "platform"
    assert code(api.post(f"/coupons/{carried.key}/pause")) == (403, "coupons.of_platform")
    assert code(api.patch(f"/coupons/{carried.key}", {"name": "x"})) == (403, "coupons.of_platform")


def test_a_code_of_ones_own_is_added(api: Api, coupon: Coupon):
    made = api.post(f"/coupons/{coupon.key}/codes", {"code": "vip 7", "most_uses": 3})
    assert (made.status_code, made.json()["code"], made.json()["most_uses"]) == (201, "VIP7", 3)


def test_a_code_for_one_buyer_is_known_to_nobody_else(api: Api, shop: make.Shop, coupon: Coupon):
    made = api.post(f"/coupons/{coupon.key}/codes", {"code": "JUSTYOU", "email": "me@example.com"})
    assert (made.status_code, made.json()["for_buyer"]) == (201, True)
    order = {"product": shop.product.key, "codes": ["JUSTYOU"]}
    answers = [api.post("/orders", order | {"email": f"{who}@example.com"}) for who in ("you", "me")]
    assert [code(answers[0]), answers[1].status_code] == [(409, "coupons.unknown"), 201]


def test_codes_are_generated_and_listed_by_their_batch(api: Api, coupon: Coupon):
    code_of(coupon, "SPRING24")
    batch = api.post(f"/coupons/{coupon.key}/codes/generate", {"count": 3, "prefix": "VIP"}).json()
    assert batch == api.get(f"/coupon_batches/{batch['id']}").json()
    assert (batch["state"], batch["made"]) == ("generated", 3)
    first = api.get(f"/coupons/{coupon.key}/codes", batch=batch["id"], limit=2).json()
    rest = api.get(f"/coupons/{coupon.key}/codes", batch=batch["id"], cursor=first["next"]).json()
    texts = [each["code"] for each in first["data"] + rest["data"]]
    assert (len(set(texts)), {text[:3] for text in texts}, rest["next"]) == (3, {"VIP"}, None)


def test_ten_thousand_at_a_time_are_for_a_worker_to_make(api: Api, coupon: Coupon):
    where = f"/coupons/{coupon.key}/codes/generate"
    assert list(api.post(where, {"count": 10_001}).json()["errors"]) == ["count"]
    batch = api.post(where, {"count": 10_000}, idem="once").json()
    assert api.post(where, {"count": 10_000}, idem="once").json() == batch
    assert (batch["state"], batch["made"]) == ("generating", 0)
    assert CouponCode.objects.count() == 0


def test_uses_are_listed_with_their_orders(api: Api, shop: make.Shop, coupon: Coupon):
    order = make.place(shop)
    use = used(code_of(coupon, "SPRING24"), order_id=order.pk)
    shown = api.get(f"/coupons/{coupon.key}/uses").json()["data"]
    assert [(each["order"], each["code"], each["state"]) for each in shown] == [
        (order.key, "SPRING24", "reserved")
    ]
    assert shown[0]["discount"] == {"amount": use.discount, "currency": "CNY"}


def test_a_list_is_narrowed(api: Api, shop: make.Shop, coupon: Coupon):
    other = CouponFactory.create(merchant=shop.merchant, store=shop.product.store)
    api.post(f"/coupons/{coupon.key}/pause")

    def listed(**query: str) -> list[str]:
        return [each["id"] for each in api.get("/coupons", **query).json()["data"]]

    assert listed() == [other.key, coupon.key]
    assert listed(status="paused") == [coupon.key]
    assert listed(store=shop.product.store.key) == [other.key]
