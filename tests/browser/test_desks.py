"""The pages behind the sign-in: every one that a link leads to, looked at as the members and operators do."""

import re
from datetime import timedelta
from decimal import Decimal
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from django.db import transaction

from kernel import clock
from kernel.actors import SYSTEM
from kernel.money import Money
from merchants.models import CodeBatch, Merchant, User
from merchants.services import coupon_codes
from merchants.sign_in import factors
from merchants.states import CouponKind, SettlementMode
from payments.services import confirmations, refunds
from payments.states import RefundKind
from tests.browser.eyes import Eyes, open_eyes
from tests.browser.shops import Shop, aside, open_shop
from tests.factories import coupons, webhooks
from tests.factories import payments as make
from tests.factories import settlement as bank
from tests.factories.merchants import PASSWORD, LicenceFactory, MemberFactory, StoreFactory, UserFactory
from tests.merchants.people import SECRET
from webhooks import excerpts
from webhooks.services import claims, endpoints, outcomes
from webhooks.services.calls import Outcome
from webhooks.states import OffReason

pytestmark = pytest.mark.browser
PAGES_MOST = 60
# Ways out, files, the same page in another dress, and the buyers' own pages.
NOT_FOLLOWED = re.compile(
    r"logout|[?&](lang|theme|p|o|q|page|_facets|_changelist_filters)=|/s/|/o/|/csv/|/xlsx/|\.csv|#|jsi18n"
)


@pytest.fixture(scope="module")
def shop(house) -> Shop:
    return open_shop(house, "desks")


@pytest.fixture(scope="module")
def sold(shop) -> None:
    """Orders of that shop, in a few states, beside its products, its stock, its money and a second store."""
    sale = make.Shop(shop.store.merchant, shop.product, None)  # type: ignore[arg-type]
    for changes in ({}, {"method": "alipay.wap"}):
        make.place(sale, **changes)
    hear(sale.merchant.pk)
    StoreFactory.create(merchant=sale.merchant)
    settle(sale.merchant, make.place(sale).key)
    give_away(sale)
    # The latest is the one that the walk looks at: paid, and a part of it on its way back.
    payment = make.payment_of(make.place(sale))
    confirmations.confirm([make.kept(payment).pk])
    with transaction.atomic():
        refunds.set_aside(
            refunds.lock(payment.pk),
            Money(100, payment.currency),
            kind=RefundKind.VOLUNTARY,
            reason="One key was bought by mistake.",
            actor=SYSTEM,
        )


def give_away(sale: make.Shop) -> None:
    """Coupons of every kind; the latest has codes of both ways of making them, and is used."""
    merchant = sale.merchant
    thanks = coupons.CouponFactory.create(merchant=merchant, name="感谢老顾客 · Thank you", most_uses=50)
    coupon_codes.begin(thanks, 30, prefix="VIP", actor=SYSTEM)
    coupons.CouponFactory.create(
        merchant=merchant, name="满减", kind=CouponKind.SPEND_AND_SAVE, amount=1000, minimum=10_000
    )
    month = timedelta(days=30)
    spring = coupons.percentage(
        Decimal("12.5"),
        merchant=merchant,
        name="春季活动 · Spring campaign",
        cap=2000,
        currency="CNY",
        starts_at=clock.now() - month,
        ends_at=clock.now() + month,
        most_uses=5_000,
        per_buyer=1,
    )
    coupon_codes.begin(spring, 3, prefix="", actor=SYSTEM)
    code = coupons.code_of(spring, "SPRING24")
    CodeBatch.objects.create(coupon=spring, merchant=merchant, prefix="GIFT", wanted=20_000, made=7_000)
    for order in (make.place(sale), make.place(sale)):
        coupons.used(code, order_id=order.pk, discount=606)
    paid = make.place(sale)
    confirmations.confirm([make.kept(make.payment_of(paid)).pk])
    coupons.used(code, order_id=paid.pk, discount=606)


def settle(merchant: Merchant, order: str) -> None:
    """A statement with its payout, which waits for approval."""
    merchant.settlement_mode = SettlementMode.PLATFORM_PAYOUT
    merchant.licence = LicenceFactory.create(jurisdiction=merchant.country)
    merchant.save(update_fields=["settlement_mode", "licence"])
    bank.bank_account(merchant)
    bank.sale(merchant, 10_000, order=order)
    bank.settled(merchant)


def hear(merchant_id: UUID) -> None:
    """An endpoint that answered twice, well and badly, and waits for more; and one that is off."""
    endpoint = webhooks.endpoint("https://8.8.8.8/hook", ["order.*", "refund.*"], merchant_id=merchant_id)
    webhooks.tell(*(webhooks.event(endpoint) for _ in range(3)))
    answers = [(200, b"thanks"), (503, b"<h1>Service unavailable</h1> Please come back later.")]
    for job, (status, body) in zip(claims.take(quick=2, slow=2), answers, strict=True):
        outcomes.conclude(
            job, Outcome(clock.now(), timedelta(milliseconds=87), status, excerpt=excerpts.of(body))
        )
    off = webhooks.endpoint("https://9.9.9.9/hook", ["*"], merchant_id=merchant_id, description="Old shop")
    endpoints.disable(off, OffReason.GONE, actor=SYSTEM)


def sign_in(eyes: Eyes, house, user: User, start: str) -> None:
    """Through the door: the password, then the code."""
    page = eyes.page
    page.goto(house.web_url + start)
    eyes.see("1-sign-in")
    page.fill("input[name=login]", user.email)
    page.fill("input[name=password]", PASSWORD)
    page.click("main button.button-primary")
    page.wait_for_selector("input[name=code]")
    eyes.see("2-code")
    page.fill("input[name=code]", aside(lambda: factors.code_now(user)))
    page.click("main button.button-primary")
    page.wait_for_url(f"**{start}**")


def walk(eyes: Eyes, house, prefix: str) -> list[str]:
    """Look at every page below `prefix` that a link leads to, breadth first."""
    page, seen, waiting = eyes.page, [], [urlsplit(eyes.page.url).path]
    while waiting and len(seen) < PAGES_MOST:
        path = waiting.pop(0)
        answer = page.goto(house.web_url + path)
        seen.append(path)
        if answer is None or answer.status >= 400:
            eyes.complaints.append(f"status: {answer and answer.status} ({path})")
        eyes.see(re.sub(r"[^a-z0-9]+", "-", re.sub(r"[a-z]{3}_[0-9a-z]{26}", "x", path)).strip("-"))
        links = page.eval_on_selector_all("a[href]", "all => all.map(a => a.getAttribute('href'))")
        for link in links:
            target = urlsplit(link)
            kind = re.sub(r"[a-z]{3}_[0-9a-z]{26}|[0-9a-f-]{36}", "x", target.path)
            known = {re.sub(r"[a-z]{3}_[0-9a-z]{26}|[0-9a-f-]{36}", "x", p) for p in seen + waiting}
            if target.path.startswith(prefix) and not NOT_FOLLOWED.search(link) and kind not in known:
                waiting.append(target.path)
    return seen


@pytest.mark.parametrize(("language", "width", "theme"), [("zh", 1280, "light"), ("en", 360, "dark")])
def test_the_dashboard_is_clean(house, shop, sold, chromium, language, width, theme):
    user = aside(lambda: _member(shop))
    eyes = open_eyes(chromium, f"desk-{language}", language=language, width=width, theme=theme)
    sign_in(eyes, house, user, "/m/")
    assert len(walk(eyes, house, "/m/")) >= 24
    assert eyes.complaints == []


@pytest.mark.parametrize(("language", "width"), [("zh", 1440), ("en", 1440), ("en", 360)])
def test_the_back_office_is_clean(house, sold, chromium, language, width):
    user = aside(_operator)
    eyes = open_eyes(chromium, f"ops-{language}-{width}", language=language, width=width)
    sign_in(eyes, house, user, "/ops/")
    assert len(walk(eyes, house, "/ops/")) >= 40
    assert eyes.complaints == []


def _member(shop: Shop) -> User:
    user = MemberFactory.create(merchant=shop.store.merchant).user
    factors.give(user, SECRET)
    return user


def _operator() -> User:
    user = UserFactory.create(is_staff=True, is_superuser=True)
    factors.give(user, SECRET)
    return user
