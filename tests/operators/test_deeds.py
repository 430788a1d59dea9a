"""Deeds: what an operator changes goes through a service, with a reason, and into the audit trail."""

import html
from urllib.parse import urlsplit

import pytest
from django.urls import reverse

from audit.models import AuditRow
from kernel.actors import SYSTEM
from kernel.books import Book
from merchants.models import Merchant
from payments.models import Alert, Order
from payments.services import holds
from risk.models import Limit, ListEntry, Policy
from risk.services import lists
from risk.states import Disposition, Kind
from settlement.models import FeePlanVersion
from tests.factories import payments as make
from tests.factories.merchants import MerchantFactory
from tests.factories.risk import LimitFactory
from tests.payments.channels import alipay_world as alipay

pytestmark = pytest.mark.django_db
WHY = "asked by the compliance team"


def do(client, deed: str, *args: object, **typed: object):
    return client.post(
        reverse(f"admin:{deed}", args=args), {"reason": WHY, "_form_submitted": "true", **typed}
    )


def told(answer) -> str:
    return html.unescape(answer.content.decode())


class TestAnyDeed:
    def test_it_is_recorded_with_the_operator_the_reason_and_the_place(self, desk, boss):
        merchant = MerchantFactory.create()
        do(desk, "merchants_merchant_suspend", merchant.pk)
        row = AuditRow.objects.get(subject_id=merchant.pk)
        assert (row.actor_kind, row.actor_id, row.reason) == ("operator", boss.pk, WHY)
        assert row.origin is not None

    def test_it_leads_back_to_the_row(self, desk):
        merchant = MerchantFactory.create()
        answer = do(desk, "merchants_merchant_suspend", merchant.pk)
        assert answer.headers["HX-Redirect"] == reverse("admin:merchants_merchant_change", args=[merchant.pk])

    def test_opened_by_its_address_it_is_a_whole_page(self, desk):
        address = reverse("admin:merchants_merchant_suspend", args=[MerchantFactory.create().pk])
        pages = [told(desk.get(address)), told(desk.get(address, headers={"HX-Request": "true"}))]
        assert [("<html" in page, 'id="dialog-form"' in page) for page in pages] == [
            (True, True),
            (False, True),
        ]

    def test_sent_by_a_plain_form_it_redirects(self, desk):
        merchant = MerchantFactory.create()
        answer = do(desk, "merchants_merchant_suspend", merchant.pk)
        here = reverse("admin:merchants_merchant_change", args=[merchant.pk])
        assert (answer.status_code, answer.headers["Location"]) == (302, here)

    @pytest.mark.parametrize("reason", ["", "  ", "ab"])
    def test_without_a_reason_nothing_happens(self, desk, reason):
        merchant = MerchantFactory.create()
        do(desk, "merchants_merchant_suspend", merchant.pk, reason=reason)
        assert Merchant.objects.get(pk=merchant.pk).status == "active"

    def test_asking_for_its_dialog_changes_nothing(self, desk):
        merchant = MerchantFactory.create()
        answer = desk.get(reverse("admin:merchants_merchant_suspend", args=[merchant.pk]))
        assert "Nothing more is sold" in told(answer)
        assert Merchant.objects.get(pk=merchant.pk).status == "active"

    def test_who_may_only_look_is_refused_the_dialog_and_the_deed(self, auditor):
        merchant = MerchantFactory.create()
        assert do(auditor, "merchants_merchant_suspend", merchant.pk).status_code == 403
        address = reverse("admin:merchants_merchant_suspend", args=[merchant.pk])
        assert auditor.get(address).status_code == 403
        assert Merchant.objects.get(pk=merchant.pk).status == "active"

    def test_what_the_service_refuses_stands_in_the_dialog(self, desk):
        order = make.paid(make.shop())
        answer = do(desk, "payments_order_release", order.pk)
        assert "HX-Redirect" not in answer.headers
        assert WHY in told(answer)

    def test_a_row_that_is_not_there_is_not_found(self, desk):
        answer = do(desk, "merchants_merchant_suspend", "01a2042b-eb82-72bf-9ccd-c267b2996121")
        assert answer.status_code == 404

    def test_a_button_is_shown_only_where_it_makes_sense(self, desk):
        shop = make.shop()
        held, delivered = make.paid(shop, review=True), make.paid(shop)
        pages = [
            told(desk.get(reverse("admin:payments_order_change", args=[o.pk]))) for o in (held, delivered)
        ]
        assert ["Reject and refund" in page for page in pages] == [True, False]


def test_an_empty_list_offers_nobody_to_create(desk):
    page = told(desk.get(reverse("admin:payments_refund_changelist")))
    assert ("There is nothing of this kind yet." in page, "Create a new item" in page) == (True, False)


class TestSale:
    def test_a_held_order_is_released_and_delivered(self, desk):
        order = make.paid(make.shop(), review=True)
        do(desk, "payments_order_release", order.pk)
        assert Order.objects.get(pk=order.pk).fulfilment == "delivered"

    def test_a_held_order_is_rejected_and_refunded(self, desk):
        order = make.paid(make.shop(), review=True)
        do(desk, "payments_order_reject", order.pk)
        assert Order.objects.get(pk=order.pk).fulfilment == "revoked"
        assert order.refunds.get().amount == order.total

    def test_a_forced_refund_that_failed_is_tried_again_under_its_own_number(self, desk, settings):
        with alipay.gateway() as gateway:
            settings.KEYWAY_OUTGOING_ALLOW = (urlsplit(gateway.url).netloc,)
            order = make.paid(make.shop(gateway=gateway.url), review=True)
            refused = alipay.failed("ACQ.SELLER_BALANCE_NOT_ENOUGH")
            gateway.answers += [refused, alipay.failed("ACQ.TRADE_NOT_EXIST"), refused]
            refund = holds.reject(order, actor=SYSTEM, reason=WHY)
            do(desk, "payments_refund_try_again", refund.pk)
        assert {call.content["out_request_no"] for call in gateway.calls} == {refund.request_no}
        assert AuditRow.objects.get(action="refund.retried").reason == WHY

    def test_an_alert_is_resolved(self, desk):
        make.pay(make.place(make.shop()), total_amount="0.01")
        alert = Alert.objects.get()
        do(desk, "payments_alert_resolve", alert.pk)
        alert.refresh_from_db()
        assert alert.resolved_at is not None

    def test_a_channel_account_is_paused_and_resumed(self, desk):
        account = make.shop().account
        for deed, status in (("pause", "paused"), ("resume", "active")):
            do(desk, f"payments_channelaccount_{deed}", account.pk)
            account.refresh_from_db()
            assert account.status == status


class TestRisk:
    def test_a_limit_is_added_changed_and_switched(self, desk):
        figures = {"seconds": 60, "most": 3, "outcome": "block"}
        do(desk, "risk_limit_add_limit", dimension="email", book="live", **figures)
        limit = Limit.objects.get()
        do(desk, "risk_limit_change_figures", limit.pk, **{**figures, "most": 9})
        do(desk, "risk_limit_switch_off", limit.pk)
        limit.refresh_from_db()
        assert (limit.most, limit.is_active) == (9, False)

    def test_the_same_limit_twice_is_refused_in_the_dialog(self, desk):
        LimitFactory(seconds=60, dimension="email", outcome="block")
        answer = do(
            desk, "risk_limit_add_limit", dimension="email", book="live", seconds=60, most=1, outcome="block"
        )
        assert "there is such a limit already" in told(answer)
        assert Limit.objects.count() == 1

    def test_a_limit_of_one_merchant_is_named_by_it(self, desk):
        merchant = MerchantFactory.create()
        do(
            desk, "risk_limit_add_limit", dimension="email", book="live", seconds=60, most=1, outcome="block",
            merchant_id=merchant.key,
        )  # fmt: skip
        assert Limit.objects.get().merchant == merchant

    @pytest.mark.parametrize("name", ["mer_x", "ord_01jd0000000000000000000000", "Dawn"])
    def test_a_merchant_that_is_none_is_refused(self, desk, name):
        answer = do(
            desk, "risk_limit_add_limit", dimension="email", book="live", seconds=60, most=1, outcome="block",
            merchant_id=name,
        )  # fmt: skip
        assert "There is no such merchant." in told(answer)
        assert not Limit.objects.exists()

    def test_a_value_is_listed_for_a_time(self, desk):
        do(
            desk, "risk_listentry_add_entry", kind="email", value="a@example.com", disposition="block",
            days="7", book="live",
        )  # fmt: skip
        entry = ListEntry.objects.get()
        assert entry.hint == "a…@example.com"
        assert entry.expires_at is not None

    def test_a_value_is_taken_off_and_its_page_is_gone(self, desk):
        entry = lists.add(
            Kind.EMAIL, "a@example.com", Disposition.BLOCK, book=Book.LIVE, actor=SYSTEM, reason="x y z"
        )
        answer = do(desk, "risk_listentry_take_off", entry.pk)
        assert not ListEntry.objects.exists()
        assert answer.headers["HX-Redirect"] == reverse("admin:risk_listentry_changelist")

    def test_a_fall_back_is_set(self, desk):
        do(desk, "risk_policy_set_fallback", merchant_id="", outcome="review")
        assert Policy.objects.get().fallback == "review"


class TestSettlement:
    TYPED = {  # noqa: RUF012
        "percent": "1.2",
        "fixed": "CNY 0.30, usd 0.05",
        "merchant_bears_channel": "on",
        "settlement_days": "1",
        "country": "CN",
        "zone": "Asia/Shanghai",
    }

    def test_a_new_version_says_what_people_typed(self, desk):
        merchant = MerchantFactory.create()
        do(desk, "settlement_feeplanversion_change_plan", merchant_id=merchant.key, **self.TYPED)
        version = FeePlanVersion.objects.get()
        assert (str(version.rate), version.fixed) == ("0.012000", {"CNY": 30, "USD": 5})
        assert version.merchant == merchant

    @pytest.mark.parametrize(
        ("field", "value"),
        [("percent", "101"), ("percent", "-1"), ("fixed", "CNY 0.305"), ("fixed", "30"), ("zone", "Mars/X")],
    )
    def test_figures_that_are_none_are_refused(self, desk, field, value):
        answer = do(desk, "settlement_feeplanversion_change_plan", **{**self.TYPED, field: value})
        assert "HX-Redirect" not in answer.headers
        assert not FeePlanVersion.objects.exists()


class TestTrail:
    """The trail is searched by what stands in it."""

    def found(self, desk, words: str) -> str:
        return told(desk.get(reverse("admin:audit_auditrow_changelist"), {"q": words}))

    @pytest.mark.parametrize("words", ["compliance", "ASKED", "merchant.suspended compliance", "合规"])
    def test_words_of_the_reason_find_the_deed(self, desk, words):
        merchant = MerchantFactory.create()
        do(desk, "merchants_merchant_suspend", merchant.pk, reason=f"{WHY}（合规要求）")
        assert merchant.key in self.found(desk, words)

    @pytest.mark.parametrize("words", ["marketing", "merchant.activated compliance", "compliance marketing"])
    def test_words_that_stand_elsewhere_find_nothing(self, desk, words):
        merchant = MerchantFactory.create()
        do(desk, "merchants_merchant_suspend", merchant.pk)
        assert merchant.key not in self.found(desk, words)
