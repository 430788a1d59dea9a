"""The journey of a member who brings keys in: upload, dry run, a worker at work, the shelf."""

from pathlib import Path

import pytest

from merchants.models import User
from merchants.sign_in import factors
from tests.browser.eyes import Eyes, open_eyes
from tests.browser.shops import Shop, aside, open_shop
from tests.factories.merchants import PASSWORD, MemberFactory
from tests.merchants.people import SECRET

pytestmark = pytest.mark.browser
KEYS = 45_000


@pytest.fixture(scope="module")
def shop(house) -> Shop:
    return open_shop(house, "imports")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Three chunks of keys; one line again, one of them empty."""
    path = tmp_path / "keys.txt"
    lines = [f"BULK-{number:06d}-XK7Q" for number in range(KEYS)]
    path.write_text("\r\n".join([*lines, "", lines[0]]), encoding="utf-8")
    return path


def come_in(eyes: Eyes, house, user: User) -> str:
    """Through the door; the address of the desk."""
    page = eyes.page
    page.goto(f"{house.web_url}/account/login/")
    page.fill("input[name=login]", user.email)
    page.fill("input[name=password]", PASSWORD)
    page.click("main button.button-primary")
    page.fill("input[name=code]", aside(lambda: factors.code_now(user)))
    page.click("main button.button-primary")
    page.wait_for_url("**/m/mer_*/")
    return page.url


@pytest.mark.parametrize(("language", "width"), [("zh", 1280), ("en", 360)])
def test_a_large_file_is_imported_and_undone_while_the_page_follows(
    house, shop, chromium, file, language, width
):
    product = shop.gone if language == "zh" else shop.dollars
    user = aside(lambda: _member(shop))
    eyes = open_eyes(chromium, f"import-{language}", language=language, width=width)
    page = eyes.page
    desk = come_in(eyes, house, user)
    page.goto(f"{desk}products/{product.key}/import/")
    page.check("input[value=txt]")
    page.set_input_files("input[type=file]", file)
    eyes.see("1-upload")
    page.click("main button.button-primary")
    page.locator(".pill.tone-info").wait_for()
    page.locator("form[action$='/begin/'] button").click(timeout=60_000)
    page.locator(".pill.tone-success").wait_for(timeout=60_000)
    eyes.see("2-imported")
    assert str(KEYS) in page.locator(".ledger .sum").inner_text().replace(",", "")
    assert aside(lambda: product.items.filter(state="available").count()) >= KEYS
    page.fill("[name=undo-reason]", "wrong file")
    page.click("form[action$='/undo/'] button")
    page.locator(".pill.tone-info").wait_for()
    eyes.see("3-undoing")
    page.locator(".pill.tone-neutral").wait_for(timeout=60_000)
    eyes.see("4-undone")
    assert aside(lambda: product.items.filter(state="void").count()) == KEYS
    assert eyes.complaints == []


def _member(shop: Shop) -> User:
    user: User = MemberFactory.create(merchant=shop.store.merchant).user
    factors.give(user, SECRET)
    return user
