"""A merchant's coupons on the desk: the list, one, making and changing, codes, figures."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from audit.models import AuditRow
from kernel import clock, ids
from kernel.money import Money
from merchants.models import CodeBatch, Coupon, CouponCode, CouponUse, Member
from merchants.roles import Role
from merchants.services import coupon_codes
from merchants.states import Carrier, CouponStatus, SettlementMode, UseState
from payments import coupon_figures
from payments.models import Order
from tests.factories import payments as make
from tests.factories.coupons import CouponFactory, code_of, percentage, used
from tests.factories.merchants import MemberFactory, ProductFactory, StoreFactory
from tests.merchants.people import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> make.Shop:
    return make.shop(8)


@pytest.fixture
def owner(shop: make.Shop) -> Member:
    return MemberFactory.create(merchant=shop.merchant)


@pytest.fixture
def client(owner: Member) -> Client:
    browser = signed_in(owner.user)
    browser.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return browser


@pytest.fixture
def coupon(owner: Member) -> Coupon:
    return CouponFactory.create(merchant=owner.merchant, name="Spring campaign", most_uses=10)


def at(owner: Member, what: Any = "", then: str = "") -> str:
    """An address of the coupons, of one, or of what is below it."""
    place = f"{what.key}/" if isinstance(what, Coupon) else what
    return f"/m/{owner.merchant.key}/coupons/{place}{then}"


def shown(client: Client, address: str, **query: Any) -> str:
    answer = client.get(address, query)
    assert answer.status_code == 200
    return answer.content.decode()


def typed(**more: Any) -> dict[str, Any]:
    return {"name": "Spring", "kind": "fixed", "amount": "5", "currency": "CNY", "code": "spring-24"} | more


def redeemed(order: Order, code: CouponCode, discount: int) -> CouponUse:
    """The code was used on a paid order, and took so much off."""
    use = used(code, order_id=order.pk, discount=discount)
    CouponUse.objects.filter(pk=use.pk).update(state=UseState.REDEEMED, redeemed_at=clock.now())
    return use


class TestList:
    def test_without_coupons_it_says_what_they_are_for(self, client: Client, owner: Member):
        page = shown(client, at(owner))
        assert "Your first coupon" in page
        assert at(owner, "new/") in page

    def test_a_coupon_stands_with_its_code_its_effect_and_its_figures(
        self, client: Client, owner: Member, shop: make.Shop, coupon: Coupon
    ):
        redeemed(make.paid(shop), code_of(coupon, "SPRING24"), 100)
        page = shown(client, at(owner))
        for text in ("Spring campaign", "SPRING24", "CN¥1.00 off", "1 / 10", "CN¥10.00"):
            assert text in page

    def test_it_is_narrowed_by_status_name_and_code(self, client: Client, owner: Member, coupon: Coupon):
        code_of(coupon, "SPRING24")
        paused = CouponFactory.create(merchant=owner.merchant, name="Autumn")
        Coupon.objects.filter(pk=paused.pk).update(status=CouponStatus.PAUSED)
        seen = {
            label: ("Spring campaign" in page, "Autumn" in page)
            for label, page in {
                "paused": shown(client, at(owner), view="paused"),
                "name": shown(client, at(owner), q="autu"),
                "code": shown(client, at(owner), q="spring-24"),
            }.items()
        }
        assert seen == {"paused": (False, True), "name": (False, True), "code": (True, False)}

    def test_it_goes_on_where_it_ends(self, client: Client, owner: Member):
        CouponFactory.create_batch(26, merchant=owner.merchant)
        last = Coupon.objects.order_by("-id")[24]
        assert f"before={last.key}" in shown(client, at(owner))
        assert shown(client, at(owner), before=last.key).count("Offer ") == 1

    def test_a_store_shows_its_own_and_those_of_all(self, client: Client, owner: Member, coupon: Coupon):
        stores = StoreFactory.create_batch(2, merchant=owner.merchant)
        for store in stores:
            CouponFactory.create(merchant=owner.merchant, store=store, name=f"Only {store.slug}")
        page = shown(client, at(owner), store=stores[0].key)
        assert [text in page for text in (f"Only {stores[0].slug}", f"Only {stores[1].slug}")] == [
            True,
            False,
        ]
        assert "Spring campaign" in page


class TestMaking:
    def test_a_coupon_is_made_with_its_code_in_minor_units(self, client: Client, owner: Member):
        answer = client.post(at(owner, "new/"), typed(minimum="20.5", most_uses="7"))
        made = Coupon.objects.get()
        assert answer.headers["Location"] == at(owner, made)
        assert (made.amount, made.minimum, made.most_uses) == (500, 2050, 7)
        assert CouponCode.objects.get().code == "SPRING24"

    def test_what_is_wrong_is_said_by_its_field_and_what_was_typed_stays(self, client: Client, owner: Member):
        page = client.post(
            at(owner, "new/"), typed(kind="percentage", percent="120", cap="3.999", name="Black <Friday>")
        ).content.decode()
        assert "This is not an amount." in page
        assert 'value="3.999"' in page
        assert "Black &lt;Friday&gt;" in page
        page = client.post(at(owner, "new/"), typed(kind="percentage", percent="120")).content.decode()
        assert "at most 100" in page
        assert 'id="id_percent-error"' in page
        assert not Coupon.objects.exists()

    def test_a_code_that_is_taken_makes_no_coupon(self, client: Client, owner: Member, coupon: Coupon):
        code_of(coupon, "SPRING24")
        page = client.post(at(owner, "new/"), typed()).content.decode()
        assert "This code exists already" in page
        assert Coupon.objects.count() == 1

    def test_the_window_is_the_merchants_time(self, client: Client, owner: Member):
        client.post(at(owner, "new/"), typed(starts_at="2030-01-01T08:00"))
        assert Coupon.objects.get().starts_at.isoformat() == "2030-01-01T00:00:00+00:00"

    def test_products_of_another_merchant_cannot_be_ticked(self, client: Client, owner: Member):
        client.post(at(owner, "new/"), typed(products=[str(ProductFactory.create().pk)]))
        assert not Coupon.objects.exists()

    def test_a_used_coupon_keeps_what_it_promises_and_changes_the_rest(
        self, client: Client, owner: Member, shop: make.Shop, coupon: Coupon
    ):
        used(code_of(coupon))
        where = at(owner, coupon, "edit/")
        assert "what it promises stays" in shown(client, where)
        client.post(where, typed(amount="9", most_uses="99", name="Renamed", products=[str(shop.product.pk)]))
        coupon.refresh_from_db()
        assert (coupon.amount, coupon.most_uses, coupon.name) == (100, 99, "Renamed")
        assert [row.product_id for row in coupon.products.all()] == [shop.product.pk]

    def test_a_product_that_is_archived_meanwhile_stays_named(
        self, client: Client, owner: Member, shop: make.Shop, coupon: Coupon
    ):
        client.post(at(owner, coupon, "edit/"), typed(products=[str(shop.product.pk)]))
        type(shop.product).objects.filter(pk=shop.product.pk).update(status="archived")
        page = shown(client, at(owner, coupon, "edit/"))
        assert f'value="{shop.product.pk}"' in page

    def test_it_is_paused_resumed_and_ended(self, client: Client, owner: Member, coupon: Coupon):
        for target in ("paused", "active", "ended"):
            client.post(at(owner, coupon, "status/"), {"status": target})
            coupon.refresh_from_db()
            assert coupon.status == target
        assert "End it for good" not in shown(client, at(owner, coupon))


class TestOne:
    def test_it_shows_codes_uses_and_links_to_share(
        self, client: Client, owner: Member, shop: make.Shop, coupon: Coupon
    ):
        order = make.paid(shop)
        redeemed(order, code_of(coupon, "SPRING24"), 100)
        page = shown(client, at(owner, coupon))
        assert order.number in page
        store = shop.product.store.slug
        assert f"/s/{store}/?code=SPRING24" in page
        assert f"/s/{store}/p/{shop.product.slug}/?code=SPRING24" in page

    def test_links_are_for_what_the_coupon_is_for(
        self, client: Client, owner: Member, shop: make.Shop, coupon: Coupon
    ):
        code_of(coupon, "SPRING24")
        other = make.shop(merchant=owner.merchant)
        coupon.products.create(product=shop.product, merchant=owner.merchant)
        page = shown(client, at(owner, coupon))
        assert f"/s/{shop.product.store.slug}/?code=" in page
        assert f"/s/{other.product.store.slug}/?code=" not in page

    def test_codes_are_found_by_their_beginning_and_paged(
        self, client: Client, owner: Member, coupon: Coupon
    ):
        coupon_codes.begin(coupon, 30, prefix="VIP", actor=make.SYSTEM)
        code_of(coupon, "SPRING24")
        page = shown(client, at(owner, coupon), q="spr")
        assert ("SPRING24" in page, page.count("data-copy-text>VIP")) == (True, 0)
        assert "codes_before=" in shown(client, at(owner, coupon))

    def test_orders_are_found_by_a_code(self, client: Client, owner: Member, shop: make.Shop, coupon: Coupon):
        with_it, without = make.paid(shop), make.paid(shop)
        redeemed(with_it, code_of(coupon, "SPRING24"), 100)
        page = shown(client, f"/m/{owner.merchant.key}/orders/", q="spring-24")
        assert (with_it.number in page, without.number in page) == (True, False)

    def test_one_of_the_platform_can_be_read_only(self, client: Client, owner: Member):
        type(owner.merchant).objects.filter(pk=owner.merchant.pk).update(
            settlement_mode=SettlementMode.OWN_SUPPLY
        )
        coupon = CouponFactory.create(merchant=owner.merchant, carrier=Carrier.PLATFORM)
        code_of(coupon, "GIFT24")
        page = shown(client, at(owner, coupon))
        assert "The platform carries this discount" in page
        assert "Pause" not in page
        answers = [
            client.post(at(owner, coupon, then), form).status_code
            for then, form in {"edit/": typed(), "status/": {"status": "paused"}}.items()
        ]
        assert answers == [403, 403]


def test_a_currency_that_a_program_named_stays_when_the_coupon_is_saved(client: Client, owner: Member):
    coupon = CouponFactory.create(merchant=owner.merchant, amount=5000, currency="KWD")
    page = shown(client, at(owner, coupon, "edit/"))
    assert '<option value="KWD" selected>' in page


class TestCodes:
    def test_a_code_is_added(self, client: Client, owner: Member, coupon: Coupon):
        client.post(at(owner, coupon, "codes/"), {"how": "one", "one-code": "vip 7", "one-most_uses": "3"})
        code = CouponCode.objects.get()
        assert (code.code, code.most_uses) == ("VIP7", 3)

    def test_a_code_is_added_for_one_buyer(self, client: Client, owner: Member, coupon: Coupon):
        form = {"how": "one", "one-code": "JUSTYOU", "one-email": "me@example.com"}
        client.post(at(owner, coupon, "codes/"), form)
        assert CouponCode.objects.get().buyer_key
        assert "for one buyer" in shown(client, at(owner, coupon))

    def test_many_are_generated_at_once_or_by_a_worker(self, client: Client, owner: Member, coupon: Coupon):
        for count in ("5", "2001"):
            client.post(at(owner, coupon, "codes/"), {"how": "generate", "many-count": count})
        assert [batch.state for batch in CodeBatch.objects.order_by("id")] == ["generated", "generating"]
        page = shown(client, at(owner, coupon))
        assert "Codes are being generated" in page
        coupon_codes.run(CodeBatch.objects.latest("id").pk)
        fragment = client.get(at(owner, coupon, "progress/"), headers={"If-None-Match": '"0"'})
        assert "data-poll" not in fragment.content.decode()
        fresh = client.get(at(owner, coupon, "progress/"), headers={"If-None-Match": '"done"'})
        assert fresh.status_code == 304

    def test_a_form_that_is_sent_twice_makes_its_codes_once(
        self, client: Client, owner: Member, coupon: Coupon
    ):
        form = {"how": "generate", "many-count": "5", "many-form_key": str(ids.new())}
        for count in ("5", "5", "6"):
            client.post(at(owner, coupon, "codes/"), form | {"many-count": count})
        assert [batch.wanted for batch in CodeBatch.objects.order_by("created_at")] == [5, 6]

    @pytest.mark.parametrize(
        "form", [{"many-count": "20001"}, {"many-count": "5", "many-begins_with": "圣诞"}]
    )
    def test_nonsense_is_said_and_makes_nothing(
        self, client: Client, owner: Member, coupon: Coupon, form: dict[str, str]
    ):
        answer = client.post(at(owner, coupon, "codes/"), {"how": "generate", **form})
        assert (answer.status_code, 'class="error"' in answer.content.decode()) == (200, True)
        assert not CodeBatch.objects.exists()

    def test_they_are_downloaded_on_record(self, client: Client, owner: Member, coupon: Coupon):
        batch = coupon_codes.begin(coupon, 3, prefix="VIP", actor=make.SYSTEM)
        code_of(coupon, "SPRING24")
        lengths = []
        for form in ({}, {"batch": batch.key}):
            answer = client.post(at(owner, coupon, "download/"), form)
            text = b"".join(answer.streaming_content).decode("utf-8-sig")
            lengths.append(len(list(csv.reader(io.StringIO(text)))))
        assert lengths == [5, 4]
        rows = AuditRow.objects.filter(action="coupon.codes_downloaded")
        assert [row.actor_id for row in rows] == [owner.user_id] * 2
        assert client.get(at(owner, coupon, "download/")).status_code == 405

    def test_who_may_only_look_is_offered_nothing_to_do(self, owner: Member, coupon: Coupon):
        viewer = signed_in(MemberFactory.create(merchant=owner.merchant, role=Role.VIEWER).user)
        viewer.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
        code_of(coupon, "SPRING24")
        page = shown(viewer, at(owner, coupon))
        assert "SPRING24" in page
        assert [text in page for text in ("All codes as CSV", "New codes", "End it for good")] == [False] * 3
        assert viewer.post(at(owner, coupon, "download/")).status_code == 403


class TestFigures:
    def test_they_count_paid_orders_exactly_by_coupon_and_by_code(self, shop: make.Shop, coupon: Coupon):
        first, second = code_of(coupon, "ONE"), code_of(coupon, "TWO")
        other = code_of(percentage(10, merchant=shop.merchant), "OTHER")
        a, b = make.paid(shop), make.paid(shop, quantity=2)
        redeemed(a, first, 100)
        redeemed(b, second, 250)
        redeemed(b, other, 50)
        used(first, order_id=make.place(shop).pk, discount=999)
        make.paid(shop)
        of_coupon = coupon_figures.of_coupons([coupon.pk])[coupon.pk]
        assert of_coupon == coupon_figures.Figures(2, [Money(3000, "CNY")], [Money(350, "CNY")])
        by_code = coupon_figures.of_codes([first.pk, second.pk, other.pk])
        assert [
            (by_code[code.pk].orders, by_code[code.pk].gmv, by_code[code.pk].cost)
            for code in (first, second, other)
        ] == [
            (1, [Money(1000, "CNY")], [Money(100, "CNY")]),
            (1, [Money(2000, "CNY")], [Money(250, "CNY")]),
            (1, [Money(2000, "CNY")], [Money(50, "CNY")]),
        ]

    def test_through_the_real_sale_they_are_what_buyers_paid_and_what_was_taken_off(self, shop: make.Shop):
        tenth = percentage(10, merchant=shop.merchant, stackable=True)
        code_of(tenth, "TENTH")
        code_of(CouponFactory.create(merchant=shop.merchant, amount=250, stackable=True), "LESS")
        make.paid(shop, quantity=3, codes=("TENTH",))
        make.paid(shop, codes=("TENTH", "LESS"))
        make.place(shop, codes=("TENTH",))
        assert coupon_figures.of_coupons([tenth.pk])[tenth.pk] == coupon_figures.Figures(
            2, [Money(2700 + 650, "CNY")], [Money(300 + 100, "CNY")]
        )

    def test_a_use_that_a_refund_gave_back_goes_on_counting(self, shop: make.Shop, coupon: Coupon):
        use = redeemed(make.paid(shop), code_of(coupon), 100)
        CouponUse.objects.filter(pk=use.pk).update(state=UseState.RETURNED, returned_at=clock.now())
        assert coupon_figures.of_coupons([coupon.pk])[coupon.pk].cost == [Money(100, "CNY")]

    def test_a_coupon_that_sold_nothing_has_no_figures(self, coupon: Coupon):
        assert coupon_figures.of_coupons([coupon.pk]) == {coupon.pk: coupon_figures.Figures()}

    def test_the_lift_is_the_paid_share_beside_that_of_orders_without_any(
        self, shop: make.Shop, coupon: Coupon
    ):
        code_of(coupon, "SPRING24")
        code_of(percentage(10, merchant=shop.merchant), "OTHER")
        make.paid(shop, codes=("SPRING24",)), make.place(shop, codes=("SPRING24",))
        make.paid(shop), make.paid(shop), make.place(shop), make.place(shop, codes=("OTHER",))
        found = coupon_figures.lift(coupon)
        assert (found.with_it.percent, found.without.percent, found.points) == (50, 67, -17)
        with clock.telling(clock.now() + timedelta(days=31)):
            assert coupon_figures.lift(coupon).points is None
