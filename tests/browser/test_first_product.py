"""The whole way of the money: sold by Alipay and by card, one refunded, the day closed, settled, approved by
two, paid out; and seen by the merchant, by a program and by the merchant's server.

The shop is a sandbox twin, so that its clock can be led to the day on which the money is usable.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
import urllib3

from kernel.actors import SYSTEM
from kernel.books import Book
from ledger.auditor import audit, invariants
from merchants.models import User
from merchants.scopes import Scope
from merchants.services import api_keys
from merchants.services.merchants import advance_clock
from merchants.sign_in import factors
from payments.channels import bank
from payments.sandbox.bank import clients
from payments.sandbox.stripe import accounts as stripe
from payments.services import accounts
from settlement.models import Payout
from settlement.services import bank_accounts, rail_accounts
from tests.browser.eyes import Eyes, open_eyes
from tests.browser.shops import Shop, aside, open_shop
from tests.browser.test_desks import sign_in
from tests.factories import settlement as make
from tests.factories import webhooks
from tests.factories.merchants import MemberFactory, UserFactory
from tests.faults.conftest import opened
from tests.faults.house import House
from tests.merchants.people import SECRET
from tests.processes import until
from tests.webhooks.sink import Sink, receiving

pytestmark = pytest.mark.browser
WAYS = [("zh", 360, "dark"), ("en", 1280, "light")]
CARD = "4242 4242 4242 4242"
WORDS = {
    "zh": {
        "show": "显示卡密",
        "refund": "退款",
        "approve": "批准",
        "paid": "已打款",
        "sent_back": "部分退款",
    },
    "en": {
        "show": "Show the keys",
        "approve": "Approve",
        "paid": "Paid out",
        "sent_back": "Partly refunded",
    },
}


@dataclass(frozen=True)
class World:
    """A twin with a shop, an owner, two operators, an API key, and a server that listens."""

    shop: Shop
    owner: User
    operators: tuple[User, User]
    key: str
    sink: Sink
    hook: str


@pytest.fixture(scope="module")
def sink() -> Iterator[Sink]:
    with receiving() as there:
        yield there


@pytest.fixture(scope="module")
def house(django_db_setup, django_db_blocker, tmp_path_factory, sink) -> Iterator[House]:
    with (
        django_db_blocker.unblock(),
        opened(tmp_path_factory.mktemp("house"), reach=(sink.pair,)) as running,
    ):
        connect_bank(running)
        yield running


@pytest.fixture
def world(house, sink, settings, request) -> World:
    settings.KEYWAY_OUTGOING_ALLOW = (sink.pair,)
    slug = re.sub(r"[^a-z0-9]+", "-", request.node.callspec.id) + "-test"
    twin = make.merchant(Book.SANDBOX, name="北纬数码")
    shop = open_shop(house, slug, owner=twin)
    take_cards(house, twin)
    for currency in ("CNY", "USD"):
        account = bank_accounts.add(
            twin, currency, holder="北纬数码", bank="中国工商银行", number="6222000000000001", actor=SYSTEM
        )
        bank_accounts.confirm(account, actor=make.operator(), reason="The document fits.")
    _, key = api_keys.create(twin, "Books", list(Scope), actor=SYSTEM)
    webhooks.endpoint(sink.url(f"/{slug}"), ["*"], merchant_id=twin.pk, book=Book.SANDBOX)
    owner = person(MemberFactory.create(merchant=twin.twin_of).user)
    operators = (person(operator()), person(operator()))
    return World(shop, owner, operators, key, sink, f"/{slug}")


def person(user: User) -> User:
    factors.give(user, SECRET)
    return user


def operator() -> User:
    return UserFactory.create(is_staff=True, is_superuser=True)


def connect_bank(house: House) -> None:
    secret = clients.register("house", "House")
    rail_accounts.register(
        Book.SANDBOX,
        bank.CODE,
        label="Bank (sandbox)",
        gateway=f"{house.sandbox_url}/bank",
        settings={"client": "house"},
        secrets={"secret": secret},
        actor=SYSTEM,
    )


def take_cards(house: House, merchant: Any) -> None:
    account = stripe.open("北纬数码")
    row = accounts.register(
        merchant,
        "stripe",
        label="Stripe",
        gateway=f"{house.sandbox_url}/stripe",
        settings={"account_id": account.account_id, "mode": "test"},
        secrets={"api_key": account.secret_key, "webhook_secret": account.webhook_secret},
        rate=Decimal("0.029"),
        actor=SYSTEM,
    )
    stripe.listen(account.account_id, f"{house.web_url}/n/a/{row.token}/")


def buy(eyes: Eyes, house: House, path: str) -> None:
    page = eyes.page
    page.goto(house.web_url + path)
    page.fill("#email", "buyer@example.com")
    page.click("button[type=submit]")
    page.wait_for_url("**/o/*/")
    if page.locator("a.button-primary").count() == 0:
        # A desktop is offered the QR code first.
        page.locator("summary").last.click()
        page.get_by_role("button", name=re.compile("网页|web page")).click()
    page.click("a.button-primary")


def sell_by_alipay(eyes: Eyes, house: House, world: World, words: dict[str, str]) -> None:
    buy(eyes, house, world.shop.path_of(world.shop.product))
    eyes.page.wait_for_url("**/cashier/**")
    eyes.page.click("button[value=pay]")
    eyes.page.wait_for_url("**/o/**")
    eyes.page.get_by_role("button", name=words["show"]).wait_for()
    eyes.see("1-sold-by-alipay")


def sell_by_card(eyes: Eyes, house: House, world: World, words: dict[str, str]) -> None:
    buy(eyes, house, world.shop.path_of(world.shop.dollars))
    page = eyes.page
    page.wait_for_url("**/stripe/pay/**")
    page.fill("#number", CARD)
    page.fill("#expiry", "12 / 34")
    page.fill("#cvc", "123")
    page.click("button.primary[value=pay]")
    page.wait_for_url("**/o/**")
    page.get_by_role("button", name=words["show"]).wait_for()
    eyes.see("2-sold-by-card")


def give_a_part_back(eyes: Eyes, house: House, world: World, words: dict[str, str]) -> None:
    page, desk = eyes.page, f"/m/{world.shop.store.merchant.key}/"
    page.goto(f"{house.web_url}{desk}orders/")
    page.locator("tbody tr", has_text="Steam").locator("a").first.click()
    page.fill("input[name=amount]", "10")
    page.fill("input[name=reason]", "Half of it was not needed.")
    page.locator("form", has=page.locator("input[name=amount]")).get_by_role("button").click()
    page.get_by_text(words["sent_back"]).first.wait_for()
    eyes.see("3-refunded")


def close_the_day(house: House, world: World) -> list[Payout]:
    """The twin's clock goes on to the day on which all of it is usable; beat's task does the rest."""
    twin = world.shop.store.merchant
    advance_clock(twin, timedelta(days=12), actor=SYSTEM)
    house.work("settlement.tasks.settle")
    until(lambda: Payout.objects.filter(merchant=twin).count() == 2, lambda: str(list(Payout.objects.all())))
    return list(Payout.objects.filter(merchant=twin).order_by("currency"))


def approve(eyes: Eyes, house: House, user: User, payouts: list[Payout], words: dict[str, str]) -> None:
    sign_in(eyes, house, user, "/ops/")
    page = eyes.page
    for payout in payouts:
        page.goto(f"{house.web_url}/ops/settlement/payout/{payout.pk}/change/")
        page.get_by_role("link", name=words["approve"]).or_(
            page.get_by_role("button", name=words["approve"])
        ).first.click()
        page.wait_for_selector("input[name=code]")
        page.fill("input[name=code]", aside(lambda: fresh_code(user)))
        page.fill("textarea[name=reason]", "Equals the statement.")
        eyes.see("4-approval")
        form = page.locator("form", has=page.locator("input[name=code]"))
        with page.expect_navigation():
            form.get_by_role("button", name=words["approve"]).last.click()


def fresh_code(user: User) -> str:
    """A code that was not used yet: in a test there is no time to wait for the next one."""
    from django.core.cache import cache

    code = factors.code_now(user)
    cache.delete(f"allauth.mfa.totp.used?user={user.pk}&code={code}")
    return code


def pay_out(house: House, payouts: list[Payout]) -> None:
    keys = [payout.pk for payout in payouts]
    looks = count()

    def is_paid() -> bool:
        # As beat does, again and again: a bank that is slow to answer is asked later.
        if next(looks) % 40 == 0:
            house.work("settlement.tasks.move_payouts")
        return set(Payout.objects.filter(pk__in=keys).values_list("state", flat=True)) == {"paid"}

    until(
        is_paid,
        lambda: str(list(Payout.objects.filter(pk__in=keys).values("state", "code", "message"))),
    )
    for task in ("outbox.relay", "webhooks.send"):
        house.work(task)


def ask(house: House, world: World, path: str) -> list[dict[str, Any]]:
    answer = urllib3.request(
        "GET", f"{house.web_url}/api/v1/{path}", headers={"Authorization": f"Bearer {world.key}"}
    )
    assert answer.status == 200, answer.data
    return answer.json()["data"]


def told(world: World) -> set[str]:
    return {heard.json["type"] for heard in world.sink.at(world.hook)}


@pytest.mark.parametrize(("language", "width", "theme"), WAYS)
def test_money_goes_all_the_way(house, world, chromium, language, width, theme):
    words, name = WORDS[language], f"first-product-{language}-{width}"

    def eyes_of(who: str, wide: int = width) -> Eyes:
        return open_eyes(chromium, f"{name}-{who}", language=language, width=wide, theme=theme)

    buyer, owner = eyes_of("buyer"), eyes_of("owner")
    sell_by_alipay(buyer, house, world, words)
    sell_by_card(buyer, house, world, words)
    sign_in(owner, house, world.owner, f"/m/{world.shop.store.merchant.key}/")
    give_a_part_back(owner, house, world, words)
    payouts = aside(lambda: close_the_day(house, world))
    desks = [eyes_of(f"operator-{number}", 1280) for number in (1, 2)]
    for eyes, user in zip(desks, world.operators, strict=True):
        approve(eyes, house, user, payouts, words)
    aside(lambda: pay_out(house, payouts))
    desk = f"{house.web_url}/m/{world.shop.store.merchant.key}/"
    for place in ("payouts", "settlements", "balance", ""):
        owner.page.goto(f"{desk}{place}/" if place else desk)
        owner.see(f"5-{place or 'home'}")
    owner.page.goto(f"{desk}payouts/")
    assert owner.page.get_by_text(words["paid"]).count() == 2
    assert {payout["state"] for payout in ask(house, world, "payouts")} == {"paid"}
    assert [refund["amount"]["amount"] for refund in ask(house, world, "refunds")] == [1_000]
    assert len(ask(house, world, "settlements")) == 2
    wanted = {"order.paid", "order.delivered", "refund.succeeded", "statement.closed", "payout.paid"}
    aside(lambda: until(lambda: wanted <= told(world), lambda: str(told(world))))
    assert aside(lambda: [each.invariant.code for each in audit(list(invariants())) if not each.holds]) == []
    assert [said for eyes in (buyer, owner, *desks) for said in eyes.complaints] == []
