"""Coupons as their owners keep them."""

from typing import Any

import pytest

from audit.models import AuditRow
from kernel import clock, ids
from kernel.actors import Actor, ActorKind
from kernel.errors import Invalid
from kernel.machine import IllegalMove
from merchants.coupon_errors import CouponOfPlatform, CouponTermsFixed
from merchants.models import Coupon, Merchant
from merchants.services import coupon_terms
from merchants.states import Carrier, CouponKind, CouponStatus, SettlementMode
from outbox.models import Event
from tests.factories.coupons import CouponFactory, code_of, used
from tests.factories.merchants import MerchantFactory, ProductFactory, StoreFactory

pytestmark = pytest.mark.django_db

MEMBER = Actor(ActorKind.MEMBER, ids.new())
OPERATOR = Actor(ActorKind.OPERATOR, ids.new())
FIVE_OFF = {"name": "Spring", "kind": CouponKind.FIXED, "amount": 500, "currency": "CNY"}


@pytest.fixture
def merchant() -> Merchant:
    return MerchantFactory.create()


def refused(make: Any) -> set[str]:
    """The fields that the refusal names."""
    with pytest.raises(Invalid) as refusal:
        make()
    return set(refusal.value.context["errors"])


def test_a_new_coupon_is_in_force_on_record_and_told(merchant: Merchant):
    goods = ProductFactory.create(merchant=merchant, store=StoreFactory.create(merchant=merchant))
    coupon = coupon_terms.create(merchant, actor=MEMBER, products=[goods], **FIVE_OFF)
    assert (coupon.status, coupon.book) == ("active", merchant.book)
    assert [row.product for row in coupon.products.all()] == [goods]
    row = AuditRow.objects.get(action="coupon.created")
    assert (row.actor_id, row.facts["amount"]) == (MEMBER.id, 500)
    event = Event.objects.get(topic="coupon.created")
    assert event.payload["coupon"] == coupon.key


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"amount": None}, {"amount"}),
        ({"amount": 0}, {"amount"}),
        ({"currency": ""}, {"currency"}),
        ({"name": " "}, {"name"}),
        ({"minimum": 0}, {"minimum"}),
        ({"most_uses": 0}, {"most_uses"}),
        ({"per_buyer": 0}, {"per_buyer"}),
        ({"per_buyer": 1_001}, {"per_buyer"}),
        ({"kind": CouponKind.PERCENTAGE}, {"percent"}),
        ({"kind": CouponKind.PERCENTAGE, "percent": 101}, {"percent"}),
        ({"kind": CouponKind.PERCENTAGE, "percent": 10, "cap": 0}, {"cap"}),
        ({"kind": CouponKind.SPEND_AND_SAVE}, {"minimum"}),
        ({"kind": CouponKind.SPEND_AND_SAVE, "minimum": 500}, {"amount"}),
        ({"starts_at": clock.now(), "ends_at": clock.now().replace(year=2001)}, {"ends_at"}),
    ],
)
def test_nonsense_is_refused_by_its_field(merchant: Merchant, fields: dict[str, Any], wrong: set[str]):
    assert refused(lambda: coupon_terms.create(merchant, actor=MEMBER, **(FIVE_OFF | fields))) == wrong
    assert not Coupon.objects.exists()


def test_a_bare_percentage_is_for_every_currency(merchant: Merchant):
    terms = {"kind": CouponKind.PERCENTAGE, "amount": None, "percent": 10}
    coupon = coupon_terms.create(merchant, actor=MEMBER, **(FIVE_OFF | terms))
    assert coupon.currency == ""


def test_a_coupon_for_first_orders_is_used_once_by_a_buyer(merchant: Merchant):
    coupon = coupon_terms.create(merchant, actor=MEMBER, first_order=True, per_buyer=7, **FIVE_OFF)
    assert coupon.per_buyer == 1


def test_anothers_store_and_products_are_none(merchant: Merchant):
    theirs = ProductFactory.create()
    make = {"actor": MEMBER, **FIVE_OFF}
    assert refused(lambda: coupon_terms.create(merchant, store=theirs.store, **make)) == {"store"}
    assert refused(lambda: coupon_terms.create(merchant, products=[theirs], **make)) == {"products"}


def test_what_a_used_coupon_promises_stays(merchant: Merchant):
    coupon = CouponFactory.create(merchant=merchant, per_buyer=3)
    used(code_of(coupon))
    for changes in ({"amount": 200}, {"stackable": True}, {"per_buyer": 2}, {"minimum": 900}):
        with pytest.raises(CouponTermsFixed) as refusal:
            coupon_terms.change(coupon, actor=MEMBER, **changes)
        assert set(refusal.value.context["errors"]) == set(changes)


def test_limits_window_and_name_of_a_used_coupon_change_on_record(merchant: Merchant):
    coupon = CouponFactory.create(merchant=merchant, most_uses=1)
    used(code_of(coupon))
    coupon_terms.change(coupon, actor=MEMBER, name="Summer", most_uses=5, per_buyer=None, ends_at=clock.now())
    coupon.refresh_from_db()
    assert (coupon.name, coupon.most_uses, coupon.used) == ("Summer", 5, 1)
    assert set(AuditRow.objects.get(action="coupon.changed").facts["changed"]) == {
        "name",
        "most_uses",
        "ends_at",
    }


def test_a_limit_is_not_set_below_what_is_used(merchant: Merchant):
    coupon = CouponFactory.create(merchant=merchant)
    code = code_of(coupon)
    used(code), used(code)
    assert refused(lambda: coupon_terms.change(coupon, actor=MEMBER, most_uses=1)) == {"most_uses"}


def test_a_coupon_is_paused_resumed_and_ended_for_good(merchant: Merchant):
    coupon = CouponFactory.create(merchant=merchant)
    for target in (CouponStatus.PAUSED, CouponStatus.ACTIVE, CouponStatus.ENDED):
        assert coupon_terms.enter(coupon, target, actor=MEMBER).status == target
    with pytest.raises(IllegalMove):
        coupon_terms.enter(coupon, CouponStatus.ACTIVE, actor=MEMBER)
    assert Event.objects.filter(topic="coupon.changed").count() == 3


class TestCarriedByThePlatform:
    CARRIED = FIVE_OFF | {"carrier": Carrier.PLATFORM}

    @pytest.fixture
    def merchant(self) -> Merchant:
        return MerchantFactory.create(settlement_mode=SettlementMode.OWN_SUPPLY)

    def test_only_an_operator_makes_and_changes_it(self, merchant: Merchant):
        with pytest.raises(CouponOfPlatform):
            coupon_terms.create(merchant, actor=MEMBER, **self.CARRIED)
        coupon = coupon_terms.create(merchant, actor=OPERATOR, reason="a campaign", **self.CARRIED)
        with pytest.raises(CouponOfPlatform):
            coupon_terms.change(coupon, actor=MEMBER, name="Mine")
        with pytest.raises(CouponOfPlatform):
            coupon_terms.enter(coupon, CouponStatus.PAUSED, actor=MEMBER)
        assert AuditRow.objects.get(action="coupon.created").reason == "a campaign"

    def test_it_needs_a_merchant_whose_money_the_platform_holds(self):
        direct = MerchantFactory.create()
        assert refused(lambda: coupon_terms.create(direct, actor=OPERATOR, **self.CARRIED)) == {"carrier"}


def test_a_store_without_the_named_products_is_refused(merchant: Merchant):
    goods = ProductFactory.create(merchant=merchant, store=StoreFactory.create(merchant=merchant))
    coupon = coupon_terms.create(merchant, actor=MEMBER, products=[goods], **FIVE_OFF)
    other = StoreFactory.create(merchant=merchant)
    assert refused(lambda: coupon_terms.change(coupon, actor=MEMBER, store=other)) == {"products"}
