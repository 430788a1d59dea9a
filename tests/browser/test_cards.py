"""The journey of a buyer who pays by card: a refused card, 3-D Secure, the keys, the money back."""

from decimal import Decimal
from urllib.parse import urlsplit

import pytest

from kernel.actors import SYSTEM
from payments.models import Order
from payments.sandbox.stripe import accounts as sandbox
from payments.services import accounts, refunds
from tests.browser.eyes import open_eyes
from tests.browser.shops import Shop, aside, open_shop
from tests.processes import until

pytestmark = pytest.mark.browser
WAYS = [("zh", 360, "light"), ("en", 360, "dark"), ("zh", 1280, "dark"), ("en", 1280, "light")]
WORDS = {
    "zh": {"show": "显示卡密", "refunded": "已退款"},
    "en": {"show": "Show the keys", "refunded": "Refunded"},
}
POOR, CHALLENGED = "4000 0000 0000 9995", "4000 0000 0000 3220"


@pytest.fixture(scope="module")
def shop(house) -> Shop:
    made = open_shop(house, "cards")
    opened = sandbox.open("北纬数码")
    row = accounts.register(
        made.store.merchant,
        "stripe",
        label="Stripe",
        gateway=f"{house.sandbox_url}/stripe",
        settings={"account_id": opened.account_id, "mode": "test"},
        secrets={"api_key": opened.secret_key, "webhook_secret": opened.webhook_secret},
        rate=Decimal("0.029"),
        actor=SYSTEM,
    )
    sandbox.listen(opened.account_id, f"{house.web_url}/n/a/{row.token}/")
    return made


@pytest.fixture(autouse=True)
def reach(house, settings):
    """Refunds are booked in this process: it may call the house's sandbox too."""
    settings.KEYWAY_OUTGOING_ALLOW = (urlsplit(house.sandbox_url).netloc,)


def to_checkout(eyes, house, shop):
    """From the product to Stripe's page. Gives the order's token."""
    page = eyes.page
    page.goto(house.web_url + shop.path_of(shop.dollars))
    page.fill("#email", "card@example.com")
    eyes.see("1-product")
    page.click("button[type=submit]")
    page.wait_for_url("**/o/*/")
    token = urlsplit(page.url).path.split("/")[2]
    eyes.see("2-pay")
    page.click("a.button-primary")
    page.wait_for_url("**/stripe/pay/**")
    return token


def type_card(page, number):
    page.fill("#number", number)
    page.fill("#expiry", "12 / 34")
    page.fill("#cvc", "123")
    page.click("button.primary[value=pay]")


def give_back(token):
    order = Order.objects.get(token=token)
    payment = order.payments.get(use="applied")
    refunds.book(payment=payment, amount=payment.money, reason="test", actor=SYSTEM)


@pytest.mark.parametrize(("language", "width", "theme"), WAYS)
def test_a_buyer_pays_by_card_and_gets_money_back(house, shop, chromium, language, width, theme):
    name = f"card-{language}-{width}-{theme}"
    eyes = open_eyes(chromium, name, language=language, width=width, theme=theme)
    page, words = eyes.page, WORDS[language]
    token = to_checkout(eyes, house, shop)
    eyes.see("3-checkout")
    type_card(page, POOR)
    page.get_by_role("alert").wait_for()
    eyes.see("4-refused")
    type_card(page, CHALLENGED)
    page.locator("button[value=approve]").wait_for()
    eyes.see("5-challenge")
    page.click("button[value=approve]")
    page.wait_for_url("**/o/**")
    page.get_by_role("button", name=words["show"]).wait_for()
    eyes.see("6-delivered")
    aside(lambda: give_back(token))
    page.reload()
    page.get_by_text(words["refunded"]).first.wait_for()
    eyes.see("7-refunded")
    assert eyes.complaints == []


def test_a_buyer_who_goes_back_without_paying_finds_the_order_waiting(house, shop, chromium):
    eyes = open_eyes(chromium, "card-back", language="en", width=360)
    page = eyes.page
    token = to_checkout(eyes, house, shop)
    page.get_by_role("link", name="Back to the shop").click()
    page.wait_for_url(f"**/o/{token}/")
    assert page.locator("a.button-primary").count() == 1
    assert eyes.complaints == []


def test_a_dispute_shows_on_the_sandboxs_desk_and_reaches_the_shop(house, shop, chromium):
    eyes = open_eyes(chromium, "card-dispute", language="en", width=1280)
    page = eyes.page
    token = to_checkout(eyes, house, shop)
    type_card(page, "4242 4242 4242 4242")
    page.wait_for_url("**/o/**")
    page.goto(f"{house.sandbox_url}/stripe/?lang=en")
    page.get_by_role("button", name="The bank takes it back").first.click()
    aside(lambda: until(lambda: Order.objects.get(token=token).disputes.exists(), lambda: token))
    page.reload()
    eyes.see("desk")
    assert eyes.complaints == []
