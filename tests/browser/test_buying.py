"""The journey of a buyer: buy, pay at the sandbox's cashier, see the keys, get money back."""

import gzip
import re
from urllib.parse import urlsplit

import pytest

from kernel.actors import SYSTEM
from kernel.money import Money
from payments.models import Order
from payments.services import refunds
from tests.browser.eyes import open_eyes
from tests.browser.shops import Shop, aside, open_shop
from tests.processes import until

pytestmark = pytest.mark.browser
WAYS = [("zh", 360, "light"), ("en", 360, "dark"), ("zh", 1280, "dark"), ("en", 1280, "light")]
WORDS = {
    "zh": {"show": "显示卡密", "back": "返回", "refunded": "已退款"},
    "en": {"show": "Show the keys", "back": "Back to the shop", "refunded": "Refunded"},
}


@pytest.fixture(scope="module")
def shop(house) -> Shop:
    return open_shop(house, "north")


@pytest.fixture(autouse=True)
def reach(house, settings):
    """Refunds are booked in this process: it may call the house's sandbox too."""
    settings.KEYWAY_OUTGOING_ALLOW = (urlsplit(house.sandbox_url).netloc,)


def buy(eyes, house, shop, *, quantity=2):
    """From the shop to the page of the order."""
    page = eyes.page
    page.goto(house.web_url + shop.path)
    eyes.see("1-shop")
    page.get_by_role("link", name=re.compile("Steam")).click()
    page.fill("#email", "buyer@example.com")
    page.fill("#quantity", str(quantity))
    eyes.see("2-product")
    page.click("button[type=submit]")
    page.wait_for_url("**/o/*/")
    return urlsplit(page.url).path.split("/")[2]


def pay(eyes):
    """Follow the order's link to the cashier and pay there; the cashier leads back."""
    page = eyes.page
    page.click("a.button-primary")
    page.wait_for_url("**/cashier/**")
    page.click("button[value=pay]")
    page.wait_for_url("**/o/**")


def give_back(token, amount):
    order = Order.objects.get(token=token)
    refunds.book(
        payment=order.payments.get(use="applied"), amount=Money(amount, "CNY"), reason="test", actor=SYSTEM
    )


@pytest.mark.parametrize(("language", "width", "theme"), WAYS)
def test_a_buyer_pays_sees_the_keys_and_gets_money_back(house, shop, chromium, language, width, theme):
    eyes = open_eyes(chromium, f"buy-{language}-{width}-{theme}", language=language, width=width, theme=theme)
    page, words = eyes.page, WORDS[language]
    token = buy(eyes, house, shop)
    if width > 640:
        page.locator("summary").last.click()
        page.get_by_role("button", name=re.compile("网页|web page")).click()
        page.wait_for_selector("a.button-primary")
    eyes.see("3-pay")
    pay(eyes)
    page.get_by_role("button", name=words["show"]).wait_for()
    eyes.see("4-delivered")
    page.get_by_role("button", name=words["show"]).click()
    page.wait_for_selector("#all-keys", state="attached")
    assert page.locator(".keys code").count() == 2
    eyes.see("5-keys")
    aside(lambda: give_back(token, 4850))
    page.reload()
    page.get_by_text(words["refunded"]).first.wait_for()
    eyes.see("6-refund")
    assert eyes.complaints == []


def test_a_purchase_needs_no_scripts(house, shop, chromium):
    eyes = open_eyes(chromium, "plain", language="en", width=360, scripts=False)
    page = eyes.page
    page.goto(house.web_url + shop.path_of(shop.product))
    page.fill("#email", "plain@example.com")
    page.fill("#quantity", "10")
    page.click("button[type=submit]")
    page.wait_for_url("**/o/*/")
    assert "CN¥479.00" in page.content()
    token = urlsplit(page.url).path.split("/")[2]
    pay(eyes)
    aside(lambda: until(lambda: Order.objects.get(token=token).delivered_at is not None, lambda: token))
    page.reload()
    page.get_by_role("button", name="Show the keys").click()
    assert page.locator(".keys code").count() == 10


def test_the_page_of_a_paid_order_stops_asking(house, shop, chromium):
    eyes = open_eyes(chromium, "poll", language="en", width=360)
    page = eyes.page
    buy(eyes, house, shop, quantity=1)
    assert page.locator("[data-poll]").count() == 1
    with page.expect_request("**/live/"):
        pass
    pay(eyes)
    page.get_by_role("button", name="Show the keys").wait_for()
    assert page.locator("[data-poll]").count() == 0


def test_the_live_total_is_the_servers_total(house, shop, chromium):
    eyes = open_eyes(chromium, "total", language="en", width=360)
    page = eyes.page
    page.goto(house.web_url + shop.path_of(shop.product))
    page.fill("#quantity", "50")
    assert page.locator("[data-total]").inner_text() == "CN¥2,350.00"
    page.locator("[data-step='-1']").click()
    assert page.locator("[data-total]").inner_text() == "CN¥2,347.10"


def test_a_purchase_needs_no_mouse(house, shop, chromium):
    eyes = open_eyes(chromium, "keyboard", language="en", width=1280)
    page = eyes.page
    page.goto(house.web_url + shop.path_of(shop.product))
    page.focus("#email")
    page.keyboard.type("keys@example.com")
    page.keyboard.press("Enter")
    page.wait_for_url("**/o/*/")
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.tagName") == "SUMMARY":
            break
    page.keyboard.press("Enter")
    assert page.locator("details[open]").count() == 1


@pytest.mark.parametrize("path", ["shop", "product", "order"])
def test_a_first_load_stays_below_a_hundred_kilobytes(house, shop, chromium, path):
    eyes = open_eyes(chromium, "weight", language="zh", width=360)
    page, bodies = eyes.page, []
    if path == "order":
        buy(eyes, house, shop, quantity=1)
        address = page.url
        eyes = open_eyes(chromium, "weight", language="zh", width=360)
        page = eyes.page
    else:
        address = house.web_url + {"shop": shop.path, "product": shop.path_of(shop.product)}[path]
    page.on("response", lambda answer: bodies.append(answer))
    page.goto(address)
    page.wait_for_load_state("networkidle")
    # Production sends static files compressed; the tests' server does not.
    assert sum(len(gzip.compress(answer.body())) for answer in bodies if answer.ok) < 100_000


@pytest.mark.parametrize("language", ["zh", "en"])
def test_at_320_pixels_nothing_is_cut_off(house, shop, chromium, language):
    eyes = open_eyes(chromium, f"narrow-{language}", language=language, width=320)
    buy(eyes, house, shop, quantity=1)
    eyes.see("3-pay")
    assert eyes.complaints == []
