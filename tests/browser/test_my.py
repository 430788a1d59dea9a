"""A buyer's own pages in a browser: a mailed code, all orders, consents, settings, the end of the account."""

import re
from dataclasses import dataclass

import psycopg
import pytest
from playwright.sync_api import Page

from buyers import consents, keys
from kernel import clock, ids
from payments.models import Order
from tests.browser.eyes import Eyes, open_eyes
from tests.factories import payments as make

pytestmark = pytest.mark.browser

WORDS = "Payment of {price} every month, until you end it."
KIND = consents.declare(consents.Kind("test.browser", 1, "Payment", WORDS))


@dataclass(frozen=True)
class Bought:
    """What a buyer owns, and a link to one of the orders."""

    email: str
    orders: list[Order]


@pytest.fixture
def bought(house) -> Bought:
    """Seven orders in two shops, and a consent."""
    email = f"buyer-{ids.new().hex}@example.com"
    shops = [make.shop(8), make.sandbox_shop(8)]
    orders = [make.paid(shops[n % 2], contact=email) for n in range(7)]
    orders[0].enter("refunded", field="payment_state")
    consents.agree(keys.email_key(email), KIND.name, "en", {"price": "¥9.00"}, ("x", ids.new()), clock.now())
    return Bought(email, orders)


def mailed(house, email: str) -> str:
    """The code of the latest mail to an address, out of the sandbox's mailbox."""
    with psycopg.connect(house.database_url) as connection:
        rows = connection.execute(
            "SELECT text FROM sandbox.mail WHERE recipients ->> 0 = %s ORDER BY id DESC LIMIT 1", [email]
        ).fetchall()
    found = re.search(r"^(\d{6})$", rows[0][0], re.MULTILINE)
    assert found
    return found[1]


def submit(page: Page) -> None:
    page.locator("main form button").last.click()


def sign_in(house, eyes: Eyes, bought: Bought) -> None:
    page = eyes.page
    page.goto(f"{house.web_url}/o/{bought.orders[-1].token}/")
    page.click("a[href='/my/']")
    eyes.see("sign-in")
    page.fill("#id_email", bought.email)
    submit(page)
    page.locator("#id_code").wait_for()
    eyes.see("code")
    page.fill("#id_code", "x")
    submit(page)
    page.locator("[role=alert]").wait_for()
    eyes.see("wrong-code")
    page.fill("#id_code", mailed(house, bought.email))
    submit(page)
    page.locator(".my-nav").wait_for()


@pytest.mark.parametrize(
    ("language", "width", "theme"),
    [("zh", 360, "dark"), ("en", 1280, "light"), ("zh", 1280, "light"), ("en", 360, "dark")],
)
def test_a_buyer_signs_in_looks_around_and_leaves(house, bought, chromium, language, width, theme):
    eyes = open_eyes(chromium, f"my-{language}-{width}", language=language, width=width, theme=theme)
    page = eyes.page
    sign_in(house, eyes, bought)
    assert page.locator(".my-orders li").count() == 5
    eyes.see("home")
    page.goto(f"{house.web_url}/my/orders/")
    assert page.locator(".my-orders li").count() == 7
    eyes.see("orders")
    page.locator(".my-orders a").first.click()
    page.wait_for_url(f"**/o/{bought.orders[-1].token}/")
    page.goto(f"{house.web_url}/my/consents/")
    assert "¥9.00" in page.locator(".words").inner_text()
    eyes.see("consents")
    page.goto(f"{house.web_url}/my/settings/")
    eyes.see("settings")
    page.goto(f"{house.web_url}/my/settings/email/")
    eyes.see("email")
    page.fill("#id_email", f"new-{bought.email}")
    submit(page)
    page.locator("#id_old_email").wait_for()
    eyes.see("both-codes")
    page.fill("#id_old_email", mailed(house, bought.email))
    page.fill("#id_new_email", mailed(house, f"new-{bought.email}"))
    submit(page)
    page.get_by_text(f"new-{bought.email}").wait_for()
    eyes.see("moved")
    page.goto(f"{house.web_url}/my/settings/delete/")
    eyes.see("erase")
    page.check("#id_sure")
    submit(page)
    page.locator(".stamp").wait_for()
    eyes.see("erased")
    page.goto(f"{house.web_url}/my/")
    assert "/my/sign-in/" in page.url
    assert eyes.complaints == []
