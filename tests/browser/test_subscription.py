"""The life of a membership under a twin's clock: subscribed to by card with a coupon, renewed, refused,
recovered, changed, paused, resumed, cancelled, undone; and its revenue as the merchant reads it.

Every link of every mail that the buyer got is followed at the end.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

import pytest
from playwright.sync_api import Page

from kernel.books import Book
from kernel.intervals import Unit
from ledger.auditor import audit, invariants
from merchants.models import Entitlement, Product, User
from merchants.services.plans import Terms
from merchants.sign_in import factors
from payments.sandbox.models import Mail, StripeCard
from payments.subscriptions.models import Subscription
from tests.browser.eyes import Eyes, open_eyes
from tests.browser.shops import DESCRIPTION_EN, DESCRIPTION_ZH, aside, open_shop
from tests.browser.test_desks import sign_in
from tests.browser.test_first_product import take_cards
from tests.browser.test_my import mailed as code_of
from tests.factories import coupons, memberships
from tests.factories.merchants import MemberFactory, MerchantFactory
from tests.faults.house import House
from tests.merchants.people import SECRET
from tests.processes import until

pytestmark = pytest.mark.browser
WAYS = [("zh", 360, "dark"), ("en", 1280, "light")]
WORDS = {
    "zh": {
        "renewal": "下一次续费",
        "step": "订阅的下一次通知、扣款或重试",
        "poor": "余额不足",
        "lost": "卡已挂失",
    },
    "en": {
        "renewal": "The next renewal",
        "step": "The next notice, charge or try of a subscription",
        "poor": "Not enough money",
        "lost": "Lost card",
    },
}
PRICE, YEARLY = 1_900, 16_800
LINK = re.compile(r"https?://[^\s\"'<>]+")


@dataclass
class Club:
    """A membership on sale, its owner, and the eyes of everybody."""

    house: House
    product: Product
    path: str
    desk: str  # where the merchant's pages begin
    owner: User
    email: str
    eyes: Callable[[str], Eyes]
    words: dict[str, str]

    def now(self) -> Subscription:
        """The subscription, as it is."""
        return aside(lambda: Subscription.objects.select_related("mandate").get(product=self.product))

    def until(self, holds: Callable[[Subscription], bool]) -> None:
        """Wait for the worker."""
        aside(lambda: until(lambda: holds(self._read()), lambda: str(vars(self._read()))))

    def _read(self) -> Subscription:
        return Subscription.objects.select_related("mandate").get(product=self.product)


@pytest.fixture
def club(house, request) -> Club:
    language, width, theme = request.param
    twin = MerchantFactory.create(name="晨光数码", book=Book.SANDBOX, twin_of=MerchantFactory.create())
    shop = open_shop(house, f"club-{language}-{width}-test", owner=twin)
    take_cards(house, twin)
    product = memberships.membership(
        store=shop.store,
        slug="club",
        name_zh="晨光会员",
        name_en="Dawn Club",
        description_zh=DESCRIPTION_ZH,
        description_en=DESCRIPTION_EN,
    )
    for place, (unit, price, zh, en) in enumerate(
        [(Unit.MONTH, PRICE, "按月", "Monthly"), (Unit.YEAR, YEARLY, "按年", "Yearly")]
    ):
        trial_days = 7 if unit == Unit.MONTH else 0
        terms = Terms(unit=unit, prices={"CNY": price}, max_quantity=10, trial_days=trial_days)
        memberships.planned(product, terms, name_zh=zh, name_en=en, position=place)
    Product.objects.filter(pk=product.pk).update(status="live")
    product.refresh_from_db()
    coupons.code_of(coupons.percentage(Decimal(20), merchant=twin), "CLUB20")
    owner = MemberFactory.create(merchant=twin.twin_of).user
    factors.give(owner, SECRET)
    # Last: while Playwright's door is open, nothing can be sown in this thread.
    browser = request.getfixturevalue("chromium")

    def eyes(who: str) -> Eyes:
        name = f"club-{language}-{width}-{who}"
        return open_eyes(browser, name, language=language, width=width, theme=theme)

    email = f"member-{language}@example.com"
    desk = f"/m/{twin.key}/"
    return Club(house, product, shop.path_of(product), desk, owner, email, eyes, WORDS[language])


def subscribe(club: Club, buyer: Eyes) -> None:
    """By the link with the code: two seats, a fifth off, by card, which may be charged again."""
    page = buyer.page
    page.goto(f"{club.house.web_url}{club.path}?code=CLUB20")
    page.locator("[data-off]:not([hidden])").wait_for()
    page.check("input[name=trial]")
    page.locator("[data-then]:not([hidden])").wait_for()
    page.locator("#code[aria-invalid=true]").wait_for()
    buyer.see("1-trial-and-code")
    page.uncheck("input[name=trial]")
    page.locator("[data-off]:not([hidden])").wait_for()
    assert "15.20" in page.locator("[data-total]").inner_text()
    page.click("[data-step='1']")
    page.locator("[data-total]", has_text="30.40").wait_for()
    assert "38.00" in page.locator("[data-words]:not([hidden])").inner_text()
    page.fill("#email", club.email)
    page.check("input[value='stripe.checkout']")
    page.check("input[name=consents]")
    buyer.see("1-membership")
    page.click("button[type=submit]")
    page.wait_for_url("**/o/*/")
    page.click("a.button-primary")
    show_card(page)
    page.wait_for_url("**/o/**")
    page.locator("a[href^='/subscriptions/']").first.wait_for()
    buyer.see("3-paid")
    page.locator("a[href^='/subscriptions/']").first.click()
    page.get_by_text("4242").first.wait_for()
    buyer.see("4-membership-on")


def begin_trial(club: Club, buyer: Eyes) -> None:
    """Nothing is paid; the card is shown once, and the page learns by itself that it is kept."""
    page = buyer.page
    page.goto(f"{club.house.web_url}{club.path}")
    page.fill("#email", f"trial-{club.email}")
    page.check("input[value='stripe.checkout']")
    page.check("input[name=consents]")
    assert "0.00" in page.locator("[data-total]").inner_text()
    buyer.see("0-trial")
    page.click("button[type=submit]")
    page.locator("a.button-primary[href*='/stripe/pay/']").wait_for()
    buyer.see("0-show-the-card")
    page.locator("a.button-primary[href*='/stripe/pay/']").click()
    page.get_by_role("link", name=re.compile("Back to the shop|返回")).click()
    page.wait_for_url("**done=shown")
    buyer.see("0-left-the-card-page")
    page.locator("a[href*='/stripe/pay/']").click()
    show_card(page)
    page.get_by_text("4242").first.wait_for()
    buyer.see("0-trial-on")


def show_card(page: Page, number: str = "4242 4242 4242 4242") -> None:
    page.wait_for_url("**/stripe/pay/**")
    page.fill("#number", number)
    page.fill("#expiry", "12 / 34")
    page.fill("#cvc", "123")
    page.click("button.primary[value=pay]")


def move_clock(club: Club, owner: Eyes, what: str) -> None:
    """To the next time of this kind, on the merchant's page."""
    page = owner.page
    page.goto(f"{club.house.web_url}{club.desk}developers/clock/")
    page.locator("tbody tr", has_text=club.words[what]).get_by_role("button").click()
    page.locator("[role=status]").first.wait_for()


def renew(club: Club, buyer: Eyes, owner: Eyes) -> None:
    """The notice first, then the charge, each when its time has come."""
    before = club.now()
    move_clock(club, owner, "step")
    club.until(lambda it: it.noticed > before.period)
    move_clock(club, owner, "renewal")
    club.until(lambda it: it.period == before.period + 1)
    buyer.page.reload()
    assert buyer.page.locator("dl.ledger", has_text="38.00").count() > 0
    buyer.see("5-renewed")


def plight(club: Club, desk: Eyes, what: str) -> None:
    """From now on the kept card meets this, on the sandbox's desk."""
    page = desk.page
    card = aside(lambda: StripeCard.objects.filter(is_attached=True).latest("created_at").pk)
    page.goto(f"{club.house.sandbox_url}/stripe/")
    page.locator(f"form[action*='{card}'] button[value='{what}']").click()
    page.locator(f"form[action*='{card}'] button[value='{what}'][aria-pressed]").wait_for()


def fail_and_recover(club: Club, buyer: Eyes, owner: Eyes, desk: Eyes) -> None:
    """A card without money is tried again by its buyer, once there is some."""
    page = buyer.page
    plight(club, desk, "insufficient_funds")
    move_clock(club, owner, "renewal")
    club.until(lambda it: it.state == "past_due" and it.tries == 1)
    page.reload()
    buyer.see("6-past-due")
    page.click("button[value=retry]")
    page.wait_for_url("**done=refused")
    plight(club, desk, "")
    page.click("button[value=retry]")
    page.wait_for_url("**done=paid")
    assert club.now().state == "active"


def lose_the_card(club: Club, buyer: Eyes, owner: Eyes, desk: Eyes) -> None:
    """A card that is gone for good is charged no more; another one takes its place."""
    page, before = buyer.page, club.now().mandate_id
    plight(club, desk, "lost_card")
    move_clock(club, owner, "renewal")
    club.until(lambda it: it.state == "past_due" and it.hard)
    page.reload()
    buyer.see("9-lost")
    page.click("a[href$='/card/']")
    page.check("input[name=consents]")
    buyer.see("10-another-card")
    page.click("button[value=card]")
    page.locator("a[href*='/stripe/pay/']").click()
    show_card(page, "4000 0000 0000 7726")
    # The page asks by itself: nobody says that it is done.
    page.get_by_text("7726").first.wait_for()
    buyer.see("11-card-kept")
    assert club.now().mandate_id != before
    page.click("button[value=retry]")
    page.wait_for_url("**done=paid")
    assert club.now().state == "active"


def change(club: Club, buyer: Eyes) -> None:
    """A third seat now, by lines that are shown before; and the year with the next period, taken back."""
    page = buyer.page
    page.click("a[href$='/change/']")
    page.fill("input[name=quantity]", "3")
    page.locator("form[method=get] button").first.click()
    lines = page.locator("form.receipt dl.ledger > div")
    lines.first.wait_for()
    assert lines.count() >= 4
    buyer.see("12-proration")
    page.click("button[value=now]")
    page.wait_for_url("**done=changed")
    assert club.now().quantity == 3
    page.click("a[href$='/change/']")
    page.select_option("select[name=version]", index=1)
    page.locator("form[method=get] button").first.click()
    # The year costs more than the card was agreed for: that is agreed to anew.
    page.check("form.receipt input[name=consents]")
    buyer.see("13-yearly")
    page.click("button[value=end]")
    page.wait_for_url("**done=planned")
    page.click("button[value=undo_change]")
    page.wait_for_url("**done=undo_change")
    assert club.now().next_version_id is None


def rest(club: Club, buyer: Eyes, owner: Eyes) -> None:
    """Paused from the end of the period on, and resumed, which is charged."""
    page, period = buyer.page, club.now().period
    page.click("a[href$='/pause/']")
    buyer.see("15-pause")
    page.click("button[value=pause]")
    page.wait_for_url("**done=pause")
    move_clock(club, owner, "step")
    club.until(lambda it: it.state == "paused")
    page.reload()
    buyer.see("17-paused")
    page.click("a[href$='/resume/']")
    page.click("button[value=resume]")
    page.wait_for_url("**done=resume")
    assert (club.now().state, club.now().period) == ("active", period + 1)


def cancel_and_undo(club: Club, buyer: Eyes) -> None:
    page = buyer.page
    page.click("a[href$='/cancel/']")
    page.locator("input[name=reason]").first.check()
    buyer.see("19-cancel")
    page.click("button[value=cancel]")
    page.wait_for_url("**done=cancel")
    buyer.see("20-cancelling")
    page.click("button[value=undo]")
    page.wait_for_url("**done=undo")
    assert not club.now().cancel_at_end


def pay_by_link(club: Club, buyer: Eyes, owner: Eyes) -> None:
    """Without a kept method the notice brings an order, which is paid by hand."""
    page, period = buyer.page, club.now().period
    page.click("button[value=end_mandate]")
    page.wait_for_url("**done=end_mandate")
    move_clock(club, owner, "step")
    club.until(lambda it: it.noticed > period)
    page.reload()
    buyer.see("21-to-be-paid")
    page.locator(".alert a[href^='/o/']").click()
    buyer.see("21-renewal-order")
    page.locator("form[action$='/pay/'] button", has_text=re.compile("Bank card|银行卡")).first.click()
    page.locator("a.button-primary[href*='/stripe/pay/']").click()
    show_card(page)
    page.locator("a.button-primary[href^='/subscriptions/']").click()
    assert club.now().period == period + 1


def read_revenue(club: Club, owner: Eyes) -> None:
    """Three seats at 19.00 a month, and how it came to that."""
    page = owner.page
    page.goto(f"{club.house.web_url}{club.desk}subscriptions/figures/")
    assert "57.00" in page.locator("dl.stats .stat").first.inner_text()
    assert page.locator("svg").count() > 0
    owner.see("2-revenue")


def follow_mails(club: Club, buyer: Eyes) -> None:
    """Each link of each mail leads somewhere."""
    club.house.work("outbox.relay")
    aside(lambda: until(lambda: len(mailed(club)) >= 12, lambda: str(len(mailed(club)))))
    links = aside(lambda: {link for mail in mailed(club) for link in LINK.findall(mail.text + mail.html)})
    assert len(links) >= 4
    for link in sorted(links):
        answer = buyer.page.goto(link.replace("&amp;", "&"))
        if answer is None or answer.status >= 400:
            buyer.complaints.append(f"dead link: {link}")


def look_around(club: Club, buyer: Eyes) -> None:
    """The buyer's own pages: the membership, the card and what was agreed to."""
    page = buyer.page
    page.goto(f"{club.house.web_url}/my/")
    page.fill("#id_email", club.email)
    page.locator("main form button").last.click()
    page.locator("#id_code").wait_for()
    page.fill("#id_code", code_of(club.house, club.email))
    page.locator("main form button").last.click()
    page.locator(".my-nav").wait_for()
    buyer.see("23-my")
    page.goto(f"{club.house.web_url}/my/subscriptions/")
    buyer.see("24-my-memberships")
    page.goto(f"{club.house.web_url}/my/consents/")
    assert "57.00" in page.locator("main").inner_text() or "504.00" in page.locator("main").inner_text()
    buyer.see("25-my-consents")


def mailed(club: Club) -> list[Mail]:
    return [mail for mail in Mail.objects.all() if mail.recipients == [club.email]]


@pytest.mark.parametrize("club", WAYS, indirect=True, ids=lambda way: f"{way[0]}-{way[1]}")
def test_a_membership_lives_on(club):
    buyer, owner, desk = club.eyes("buyer"), club.eyes("owner"), club.eyes("sandbox")
    subscribe(club, buyer)
    sign_in(owner, club.house, club.owner, club.desk)
    renew(club, buyer, owner)
    fail_and_recover(club, buyer, owner, desk)
    lose_the_card(club, buyer, owner, desk)
    change(club, buyer)
    rest(club, buyer, owner)
    cancel_and_undo(club, buyer)
    pay_by_link(club, buyer, owner)
    read_revenue(club, owner)
    follow_mails(club, buyer)
    look_around(club, buyer)
    assert (
        aside(lambda: Entitlement.objects.get(product=club.product).state(club.now().period_starts))
        == "active"
    )
    begin_trial(club, buyer)
    assert aside(lambda: [each.invariant.code for each in audit(list(invariants())) if not each.holds]) == []
    assert [said for eyes in (buyer, owner, desk) for said in eyes.complaints] == []
