"""A1: every deed of the back office leaves an audit row with reason and operator; nothing else writes.

The deeds are read from the admin's registry: one that `PREPARED` does not know fails the build.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib import admin
from django.test import Client, RequestFactory
from django.urls import reverse
from django_celery_beat.models import PeriodicTask

from audit.models import AuditRow
from kernel import clock, ids
from kernel.actors import SYSTEM
from kernel.books import Book
from ledger.auditor import check
from merchants.models import User
from merchants.services import merchants
from merchants.sign_in import factors
from merchants.states import Carrier, CouponStatus, SettlementMode
from outbox.models import Parked
from outbox.models.parked import ParkedState
from payments.models import Alert
from payments.news_invariants import NEWS
from payments.services import accounts, holds
from payments.subscriptions.services import renewals
from risk.models import Decision
from risk.services import limits, lists
from risk.services.assessment import assess
from risk.states import Disposition, Kind, Outcome
from settlement import schedules
from settlement.rhythm import Terms
from settlement.services import bank_accounts, payouts
from settlement.states import Cycle
from tests.factories import cards, webhooks
from tests.factories import payments as make
from tests.factories import settlement as bank
from tests.factories import subscriptions as members
from tests.factories.coupons import CouponFactory
from tests.factories.merchants import MerchantFactory
from tests.factories.risk import FactsFactory, LimitFactory
from tests.payments.channels import alipay_world as alipay
from tests.payments.subscriptions import card_bank
from webhooks.models import Delivery
from webhooks.services import endpoints
from webhooks.states import OffReason

pytestmark = pytest.mark.django_db
WHY = "the ombudsman asked for it"

CHANGED_BY_DJANGO: frozenset[str] = frozenset()
"""Models that may be added, changed or deleted by Django's own forms: none."""


def of(model: Any) -> str:
    return f"{model._meta.app_label}_{model._meta.model_name}"


PAGES = {of(model): page for model, page in admin.site._registry.items()}
KINDS = ("actions_list", "actions_detail", "actions_row", "actions_submit_line")
DEEDS = {
    f"{name}_{action}": getattr(page, action)
    for name, page in PAGES.items()
    for kind in KINDS
    for action in getattr(page, kind)
}


# How each thing is prepared: the row that the deed is done to (None: to the list), and what is typed.

Typed = dict[str, Any]


@dataclass(frozen=True)
class Stage:
    """Who does it, and a channel that answers."""

    boss: User
    gateway: alipay.Gateway
    cards: card_bank.CardBank


@pytest.fixture
def stage(boss: User, settings: Any) -> Iterator[Stage]:
    with alipay.gateway() as gateway, card_bank.opened() as cards:
        settings.KEYWAY_OUTGOING_ALLOW = (urlsplit(gateway.url).netloc, urlsplit(cards.url).netloc)
        yield Stage(boss, gateway, cards)


def held() -> Any:
    return make.paid(make.shop(), review=True)


def in_review() -> Decision:
    LimitFactory.create(most=0, outcome=Outcome.REVIEW)
    return Decision.objects.get(pk=assess(FactsFactory()).id)


def refused_refund(gateway: alipay.Gateway) -> Any:
    """A forced refund that the channel would not do, and will do now."""
    order = make.paid(make.shop(gateway=gateway.url), review=True)
    no = alipay.failed("ACQ.SELLER_BALANCE_NOT_ENOUGH")
    gateway.answers += [no, alipay.failed("ACQ.TRADE_NOT_EXIST"), no]
    return holds.reject(order, actor=SYSTEM, reason=WHY)


def open_refund() -> Any:
    return holds.reject(held(), actor=SYSTEM, reason=WHY)


def kept_card(stage: Stage) -> Any:
    return members.started(members.membership(gateway=stage.cards.url)).mandate


def past_due(stage: Stage) -> Any:
    subscription = members.started(members.membership(gateway=stage.cards.url))
    stage.cards.plight = "insufficient_funds"
    members.advance(subscription, days=32)
    renewals.run(10)
    return members.again(subscription)


def alert() -> Alert:
    make.pay(make.place(make.shop()), total_amount="0.01")
    return Alert.objects.get()


def limit(*, is_active: bool = True) -> Any:
    row = LimitFactory.create()
    return row if is_active else limits.switch(row, is_active=False, actor=SYSTEM, reason=WHY) or row


def entry() -> Any:
    return lists.add(Kind.EMAIL, "a@example.com", Disposition.BLOCK, book=Book.LIVE, actor=SYSTEM, reason=WHY)


def sent_payout() -> Any:
    bank.bank()
    return payouts.send(bank.approved())


def carried_statement() -> Any:
    """The merchant asked for a pause, and it is over."""
    merchant = bank.merchant()
    bank.bank_account(merchant)
    bank.sale(merchant, 10_000)
    for paused in (True, False):
        terms = Terms(Cycle.DAILY, 0, "CN", "Asia/Shanghai", {}, paused)
        schedules.change(merchant, terms, actor=SYSTEM, reason=WHY)
        statement = bank.settled(merchant)
    return statement


def pending_account() -> Any:
    return bank_accounts.add(
        bank.merchant(), "CNY", holder="晨光数码", bank="中国银行", number="6222000000000001", actor=SYSTEM
    )


def delivery() -> Delivery:
    endpoint = webhooks.endpoint("https://8.8.8.8/hook")
    webhooks.tell(webhooks.event(endpoint))
    endpoints.disable(endpoint, OffReason.MERCHANT, actor=webhooks.MEMBER)
    endpoints.enable(endpoint, actor=webhooks.MEMBER)
    return Delivery.objects.get()


def dead_event() -> Parked:
    return Parked.objects.create(
        subscriber="mail",
        number=1,
        event_id=ids.new(),
        subject_id=ids.new(),
        state=ParkedState.DEAD,
        next_try_at=clock.now(),
        parked_at=clock.now(),
    )


def task(*, enabled: bool = True) -> PeriodicTask:
    row = PeriodicTask.objects.order_by("name")[0]
    PeriodicTask.objects.filter(pk=row.pk).update(enabled=enabled)
    return row


def suspended() -> Any:
    merchant = MerchantFactory.create()
    merchants.suspend(merchant, actor=SYSTEM, reason=WHY)
    return merchant


def paused_account() -> Any:
    account = make.shop().account
    accounts.pause(account, actor=SYSTEM, reason=WHY)
    return account


def typed_account(model: Any) -> Typed:
    """Another merchant's account, of the same settings and secrets."""
    account = accounts.till(model.pk).account
    mine = {
        "merchant": MerchantFactory.create().key,
        "label": "Second",
        "gateway": account.gateway,
        "rate": "0.6",
    }
    return {**mine, **account.settings, **account.secrets}


def carried(*, paused: bool = False) -> Any:
    """A coupon that the platform carries."""
    merchant = MerchantFactory.create(settlement_mode=SettlementMode.OWN_SUPPLY)
    coupon = CouponFactory.create(merchant=merchant, carrier=Carrier.PLATFORM)
    if paused:
        coupon.enter(CouponStatus.PAUSED, field="status")
    return coupon


FIGURES: Typed = {"seconds": 60, "most": 3, "outcome": "block"}
PLAN: Typed = {
    "percent": "1.2",
    "merchant_bears_channel": "on",
    "settlement_days": "1",
    "country": "CN",
    "zone": "Asia/Shanghai",
}

COUPON: Typed = {"name": "Campaign", "code": "GIFT24", "kind": "fixed", "currency": "CNY", "amount": "5"}

PREPARED: dict[str, Callable[[Stage], tuple[Any, Typed]]] = {
    "merchants_coupon_carry": lambda stage: (None, {"merchant_id": carried().merchant.key, **COUPON}),
    "merchants_coupon_change_limits": lambda stage: (carried(), {"name": "Campaign", "most_uses": "5"}),
    "merchants_coupon_generate": lambda stage: (carried(), {"count": "5"}),
    "merchants_coupon_pause": lambda stage: (carried(), {}),
    "merchants_coupon_resume": lambda stage: (carried(paused=True), {}),
    "merchants_coupon_end": lambda stage: (carried(), {}),
    "merchants_merchant_suspend": lambda stage: (MerchantFactory.create(), {}),
    "merchants_merchant_resume": lambda stage: (suspended(), {}),
    "payments_alert_resolve": lambda stage: (alert(), {}),
    "payments_channelaccount_renew_alipay": lambda stage: (
        make.shop().account,
        {"app_id": "2021000000000001"},
    ),
    "payments_channelaccount_renew_stripe": lambda stage: (
        cards.shop().account,
        {"webhook_secret": "whsec_" + "b" * 32},
    ),
    "payments_channelaccount_register_alipay": lambda stage: (None, typed_account(make.shop().account)),
    "payments_channelaccount_register_stripe": lambda stage: (None, typed_account(cards.shop().account)),
    "payments_channelaccount_try_out": lambda stage: (make.shop().account, {}),
    "payments_notice_replay": lambda stage: (make.kept(make.payment_of(make.place(make.shop()))), {}),
    "payments_channelaccount_pause": lambda stage: (make.shop().account, {}),
    "payments_channelaccount_resume": lambda stage: (paused_account(), {}),
    "payments_order_release": lambda stage: (held(), {}),
    "payments_order_reject": lambda stage: (held(), {}),
    "payments_order_ask_channel": lambda stage: (make.place(make.shop()), {}),
    "payments_payment_ask_channel": lambda stage: (
        make.payment_of(make.place(make.shop())),
        {},
    ),
    "payments_refund_ask_channel": lambda stage: (open_refund(), {}),
    "payments_refund_try_again": lambda stage: (refused_refund(stage.gateway), {}),
    "subscriptions_subscription_retry": lambda stage: (past_due(stage), {}),
    "subscriptions_subscription_stop": lambda stage: (members.started(members.membership()), {}),
    "subscriptions_mandate_ask_channel": lambda stage: (kept_card(stage), {}),
    "risk_decision_release": lambda stage: (in_review(), {}),
    "risk_decision_reject": lambda stage: (in_review(), {}),
    "risk_limit_add_limit": lambda stage: (
        None,
        {"dimension": "email", "book": "live", **FIGURES},
    ),
    "risk_limit_change_figures": lambda stage: (limit(), {**FIGURES, "most": 9}),
    "risk_limit_switch_off": lambda stage: (limit(), {}),
    "risk_limit_switch_on": lambda stage: (limit(is_active=False), {}),
    "risk_listentry_add_entry": lambda stage: (
        None,
        {"kind": "email", "value": "a@example.com", "disposition": "block", "days": "7", "book": "live"},
    ),
    "risk_listentry_take_off": lambda stage: (entry(), {}),
    "risk_policy_set_fallback": lambda stage: (None, {"merchant_id": "", "outcome": "review"}),
    "settlement_bankaccount_confirm": lambda stage: (pending_account(), {}),
    "settlement_bankaccount_retire": lambda stage: (bank.bank_account(bank.merchant()), {}),
    "settlement_feeplanversion_change_plan": lambda stage: (
        None,
        {"merchant_id": MerchantFactory.create().key, **PLAN},
    ),
    "settlement_payout_approve": lambda stage: (bank.drafted(), {"code": factors.code_now(stage.boss)}),
    "settlement_payout_ask_bank": lambda stage: (sent_payout(), {}),
    "settlement_payout_reject": lambda stage: (bank.drafted(), {}),
    "settlement_schedule_change_terms": lambda stage: (
        None,
        {"merchant_id": bank.merchant().key, "cycle": "weekly", "weekday": "4"},
    ),
    "settlement_statement_draft": lambda stage: (carried_statement(), {}),
    "outbox_parked_retry": lambda stage: (dead_event(), {}),
    "webhooks_endpoint_disable": lambda stage: (webhooks.endpoint("https://8.8.8.8/hook"), {}),
    "webhooks_endpoint_resend_failed": lambda stage: (delivery().endpoint, {"hours": "24"}),
    "webhooks_delivery_resend": lambda stage: (delivery(), {}),
    "django_celery_beat_periodictask_change_rhythm": lambda stage: (task(), {"seconds": "30"}),
    "django_celery_beat_periodictask_switch_off": lambda stage: (task(), {}),
    "django_celery_beat_periodictask_switch_on": lambda stage: (task(enabled=False), {}),
}


def test_every_deed_is_prepared_here():
    assert set(DEEDS) - set(PREPARED) == set()


def test_every_button_is_a_deed_with_a_permission_and_a_reason():
    assert {name: bool(getattr(method, "permission", "")) for name, method in DEEDS.items()} == dict.fromkeys(
        DEEDS, True
    )


@pytest.mark.parametrize("deed", list(DEEDS))
def test_it_is_recorded_with_its_operator_and_its_reason(desk: Client, stage: Stage, deed: str):
    thing, typed = PREPARED[deed](stage)
    before = list(AuditRow.objects.values_list("pk", flat=True))
    address = reverse(f"admin:{deed}", args=[thing.pk] if thing else [])
    answer = desk.post(address, {"reason": WHY, "_form_submitted": "true", **typed})
    assert "HX-Redirect" in answer.headers, answer.content.decode()
    rows = AuditRow.objects.exclude(pk__in=before).filter(reason=WHY, actor_kind="operator")
    assert {(row.actor_id, row.origin is not None) for row in rows} == {(stage.boss.pk, True)}
    assert [each.code for each in NEWS if not check(each).holds] == []


@pytest.mark.parametrize("name", list(PAGES))
def test_django_itself_adds_changes_and_deletes_nothing(desk: Client, boss: User, name: str):
    assert name not in CHANGED_BY_DJANGO
    request, page = RequestFactory().post("/"), PAGES[name]
    request.user = boss
    may = [
        page.has_add_permission(request),
        page.has_change_permission(request),
        page.has_delete_permission(request),
    ]
    inlines = [inline(page.model, admin.site) for inline in page.inlines]
    may += [inline.has_add_permission(request, None) for inline in inlines]
    may += [
        inline.has_change_permission(request) or inline.has_delete_permission(request) for inline in inlines
    ]
    assert not any(may)
    assert not page.get_actions(request)
    before, thing = AuditRow.objects.count(), str(ids.new())
    ways = [("add", []), ("change", [thing]), ("delete", [thing])]
    answers = {way: desk.post(reverse(f"admin:{name}_{way}", args=args)).status_code for way, args in ways}
    assert set(answers.values()) <= {302, 403, 404}, answers
    assert AuditRow.objects.count() == before
