"""Every page of the back office: whole, in both languages, for reading, and telling no secret."""

import html
from dataclasses import dataclass

import pytest
from django.contrib import admin
from django.db.models import Model
from django.urls import reverse

from kernel.actors import SYSTEM
from kernel.books import Book
from payments import metrics
from payments.models import Alert, ChannelAccount, Notice, Order, Payment, UnverifiedNotice
from payments.services import holds, notices
from risk.models import Decision, ListEntry, Policy
from risk.services import limits, lists, policies
from risk.services.assessment import assess
from risk.states import Dimension, Disposition, Kind, Outcome
from tests.factories import payments as make
from tests.factories import subscriptions as members
from tests.factories.merchants import MemberFactory, UserFactory
from tests.factories.risk import FactsFactory
from tests.merchants.people import browser, signed_in
from tests.payments.channels import alipay_world as alipay

pytestmark = pytest.mark.django_db
MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)
OURS = (
    *(
        "merchants",
        "payments",
        "ledger",
        "risk",
        "settlement",
        "subscriptions",
        "audit",
        "outbox",
        "webhooks",
    ),
    "django_celery_beat",
)


def page(model: type[Model], name: str, *args: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{name}", args=args)


@dataclass
class World:
    """A little of everything that the back office shows."""

    order: Order


@pytest.fixture
def world() -> World:
    shop = make.shop()
    MemberFactory.create(merchant=shop.merchant)
    by = {"actor": SYSTEM, "reason": "a test"}
    limits.add(Dimension.EMAIL, seconds=60, most=0, outcome=Outcome.REVIEW, book=Book.LIVE, **by)
    lists.add(Kind.EMAIL, "fraud@example.com", Disposition.BLOCK, book=Book.LIVE, **by)
    policies.set_fallback(shop.merchant.pk, Outcome.REVIEW, **by)
    order = make.paid(shop, contact="secret.name@example.com")
    make.pay(make.place(shop), total_amount="0.01")
    forge(make.payment_of(make.place(shop)))
    decision = assess(FactsFactory(merchant_id=shop.merchant.pk, contact="secret.name@example.com"))
    assert Decision.objects.get(pk=decision.id).outcome == "review"
    holds.reject(make.paid(shop, review=True), **by)
    members.started(members.membership())
    return World(order)


def forge(payment: Payment) -> None:
    """Somebody says that it was paid, and asks for a weaker signature."""
    fields = {**alipay.signed(make.fields(payment)), "sign_type": "MD5"}
    notices.take(payment.notify_token, alipay.notice(fields))


def rows(model: type[Model]) -> list[object]:
    return list(model._default_manager.values_list("pk", flat=True)[:3])


class TestWhole:
    @pytest.mark.parametrize("language", ["zh", "en"])
    def test_every_list_and_its_rows_are_shown(self, desk, world, language):
        desk.cookies["lang"] = language
        lists = [page(model, "changelist") for model in MODELS]
        pages = [page(model, "change", key) for model in MODELS for key in rows(model)]
        assert [address for address in lists + pages if desk.get(address).status_code != 200] == []
        assert len(pages) > len(MODELS)

    def test_only_pages_of_our_own_are_there(self):
        assert {model._meta.app_label for model in MODELS} <= set(OURS)

    @pytest.mark.parametrize("term", ["nonsense", "ord_x", "mer_", "a@b.c", "' OR 1=1 --", "\x00"])
    def test_a_search_for_nonsense_breaks_nothing(self, desk, world, term):
        answers = {model: desk.get(page(model, "changelist"), {"q": term}).status_code for model in MODELS}
        assert [model for model, status in answers.items() if status != 200] == []

    def test_every_filter_of_every_list_works(self, desk, world):
        for model in MODELS:
            for each in admin.site._registry[model].get_list_filter(None):
                name = each if isinstance(each, str) else each.parameter_name
                suffix = "__exact" if isinstance(each, str) else ""
                answer = desk.get(page(model, "changelist"), {f"{name}{suffix}": "1"})
                assert answer.status_code in {200, 302}

    def test_a_link_that_chooses_a_language_is_no_filter(self, desk):
        answer = desk.get(page(Order, "changelist"), {"lang": "zh", "fulfilment": "held"}, follow=True)
        assert answer.request["QUERY_STRING"] == "fulfilment=held"
        assert "订单" in answer.content.decode()

    def test_its_pages_have_a_policy_of_their_own(self, desk):
        policy = desk.get("/ops/").headers["Content-Security-Policy"]
        assert "'unsafe-eval'" in policy
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy


class TestReading:
    def test_nobody_adds_a_row(self, desk):
        answers = {model: desk.post(page(model, "add"), {}).status_code for model in MODELS}
        assert [model for model, status in answers.items() if status != 403] == []

    @pytest.mark.parametrize(("deed", "form"), [("change", {}), ("delete", {"post": "yes"})])
    def test_nobody_changes_or_deletes_a_row(self, desk, world, deed, form):
        addresses = [page(model, deed, key) for model in MODELS for key in rows(model)]
        assert [address for address in addresses if desk.post(address, form).status_code != 403] == []

    def test_no_list_deletes_what_is_selected(self, desk, world):
        before = {model: rows(model) for model in MODELS}
        for model, keys in before.items():
            form = {"action": "delete_selected", "_selected_action": keys, "post": "yes"}
            desk.post(page(model, "changelist"), form)
        assert {model: rows(model) for model in MODELS} == before


class TestSecrets:
    def text(self, desk, address: str) -> str:
        return html.unescape(desk.get(address).content.decode())

    def test_a_channel_account_shows_no_key(self, desk, world):
        text = self.text(desk, page(ChannelAccount, "change", rows(ChannelAccount)[0]))
        assert alipay.APP_ID in text
        assert "PRIVATE KEY" not in text
        assert alipay.private_pem("app").splitlines()[1] not in text

    def test_an_order_shows_a_hint_of_its_buyer(self, desk, world):
        text = self.text(desk, page(Order, "change", world.order.pk))
        assert "s…@example.com" in text
        assert "secret.name" not in text

    def test_a_notice_shows_its_figures_and_nothing_of_the_buyer(self, desk, world):
        text = self.text(desk, page(Notice, "change", Notice.objects.filter(state="applied")[0].pk))
        assert "TRADE_SUCCESS" in text
        assert alipay.PAID["buyer_id"] not in text
        assert alipay.PAID["buyer_logon_id"] not in text

    def test_an_unverified_notice_shows_why_and_no_body(self, desk, world):
        text = self.text(desk, page(UnverifiedNotice, "change", UnverifiedNotice.objects.get().pk))
        assert "its signature is not of the agreed kind" in text
        assert alipay.PAID["buyer_id"] not in text

    def test_a_list_entry_shows_a_hint(self, desk, world):
        text = self.text(desk, page(ListEntry, "change", ListEntry.objects.get().pk))
        assert "f…@example.com" in text
        assert "fraud@" not in text

    def test_a_listed_value_is_found_by_whoever_knows_it(self, desk, world):
        listed = page(ListEntry, "changelist")
        assert "f…@example.com" in self.text(desk, f"{listed}?q=Fraud@Example.com")
        assert "f…@example.com" not in self.text(desk, f"{listed}?q=other@example.com")


class TestDoor:
    def test_a_stranger_is_sent_to_sign_in(self, db):
        assert browser().get("/ops/").headers["Location"].startswith("/account/login/")

    def test_a_member_of_a_merchant_finds_nothing_there(self, world):
        member = signed_in(MemberFactory.create().user)
        assert member.get("/ops/").status_code == 404
        assert member.get(page(Order, "changelist")).status_code == 404

    def test_an_operator_without_a_second_factor_sets_one_up_first(self, db):
        client = browser()
        client.force_login(
            UserFactory.create(is_staff=True, is_superuser=True),
            backend="django.contrib.auth.backends.ModelBackend",
        )
        assert client.get(page(Order, "changelist")).headers["Location"].startswith("/account/security/")

    @pytest.mark.parametrize(
        ("address", "there"),
        [("/ops/login/", "/account/login/"), ("/ops/password_change/", "/account/password/change/")],
    )
    def test_the_admins_own_doors_lead_to_the_one_door(self, desk, address, there):
        assert desk.get(address).headers["Location"] == there

    def test_whoever_leaves_has_left(self, desk):
        assert desk.post("/ops/logout/").headers["Location"] == "/account/login/"
        assert desk.get("/ops/").status_code == 302

    def test_an_operator_sees_only_what_the_permissions_name(self, world):
        client = signed_in(UserFactory.create(is_staff=True))
        assert client.get(page(Order, "changelist")).status_code == 403
        assert "Held orders" not in client.get("/ops/?lang=en").content.decode()

    def test_an_auditor_sees_everything_and_no_button(self, auditor, world):
        order = make.paid(make.shop(), review=True)
        text = auditor.get(page(Order, "change", order.pk)).content.decode()
        assert order.number in text
        assert "Reject and refund" not in text


class TestFirstPage:
    def test_it_shows_what_came_in_today(self, desk, world):
        text = html.unescape(desk.get("/ops/").content.decode())
        assert "CN¥20.00" in text

    def test_it_says_how_each_rate_is_counted(self, desk, world):
        text = html.unescape(desk.get("/ops/").content.decode())
        for metric in (metrics.PAID_SHARE, metrics.PAYMENT_SUCCESS):
            assert metric.name in text
            assert metric.definition in text

    def test_it_counts_what_waits(self, desk, world):
        make.paid(make.shop(), review=True)
        text = html.unescape(desk.get("/ops/").content.decode())
        assert "?fulfilment=held" in text
        assert Alert.objects.filter(resolved_at=None).exists()
        assert "A genuine notice does not fit its payment" in text

    def test_money_of_play_is_not_counted(self, desk):
        make.paid(make.sandbox_shop())
        assert "CN¥10.00" not in html.unescape(desk.get("/ops/").content.decode())

    def test_the_search_finds_what_a_name_names(self, desk, world):
        for term in (world.order.number, world.order.key, world.order.merchant.key):
            answer = desk.get("/ops/search/", {"s": term, "extended": "1"})
            assert "/change/" in answer.content.decode()

    def test_the_search_shows_nobody_what_may_not_be_seen(self, world):
        client = signed_in(UserFactory.create(is_staff=True))
        answer = client.get("/ops/search/", {"s": world.order.number, "extended": "1"})
        assert "/change/" not in answer.content.decode()

    def test_policies_are_listed_under_their_merchant(self, desk, world):
        assert world.order.merchant.name in desk.get(page(Policy, "changelist")).content.decode()
