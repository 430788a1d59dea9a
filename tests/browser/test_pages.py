"""Every page that a buyer may meet: its console is clean, its policy refuses nothing, nothing is cut off."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from kernel import clock
from merchants.models import Store
from merchants.states import StoreStatus
from payments.models import Order, Payment
from payments.services import attempts, notices
from tests.browser.eyes import open_eyes
from tests.browser.shops import Shop, open_shop
from tests.factories import payments as make

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def shop(house) -> Shop:
    return open_shop(house, "pages")


@pytest.fixture(scope="module")
def stages(house) -> dict[str, str]:
    """Orders in every state that a page knows, by the state; a shop's money is Alipay's of the tests here."""
    return {stage: prepare(make.shop(), house).token for stage, prepare in STAGES.items()}


@pytest.fixture(scope="module")
def paths(shop, stages) -> dict[str, str]:
    """Every page, by a short name."""
    closed = open_closed()
    return {
        "landing": "/",
        "shop": shop.path,
        "search": f"{shop.path}?q=nothing",
        "product": shop.path_of(shop.product),
        "few": shop.path_of(shop.few),
        "sold-out": shop.path_of(shop.gone),
        "no-method": shop.path_of(shop.dollars),
        "find": f"{shop.path}find/",
        "asked": f"{shop.path}find/?asked=1",
        "closed": f"/s/{closed.slug}/",
        "not-found": "/nothing/here/",
        "styleguide": "/styleguide/",
        **{f"order-{stage}": f"/o/{token}/" for stage, token in stages.items()},
    }


def open_closed() -> Store:
    """A shop that sells nothing."""
    store = make.shop().product.store
    Store.objects.filter(pk=store.pk).update(status=StoreStatus.CLOSED)
    return store


def _placed(shop, house) -> Order:
    return make.place(shop)


def _qr(shop, house) -> Order:
    order = make.place(shop)
    Payment.objects.filter(order=order).update(action_kind="qr", action_value="https://qr.alipay.com/bax0")
    return order


def _opening(shop, house) -> Order:
    order = make.place(shop)
    Payment.objects.filter(order=order).update(action_kind="", action_value="", state="unknown")
    return order


def _choose(shop, house) -> Order:
    order = make.place(shop)
    make.payment_of(order).enter("failed", next_query_at=None, concluded_at=clock.now())
    return order


def _late(shop, house) -> Order:
    order = make.place(shop)
    Order.objects.filter(pk=order.pk).update(expires_at=clock.now() - timedelta(minutes=1))
    return order


def _confirming(shop, house) -> Order:
    order = make.place(shop)
    order.enter("processing", field="payment_state")
    return order


def _delivered(shop, house) -> Order:
    return make.paid(shop, quantity=5)


def _held(shop, house) -> Order:
    return make.paid(shop, review=True)


def _problem(shop, house) -> Order:
    order = _held(shop, house)
    order.enter("failed", field="fulfilment")
    return order


def _delivering(shop, house) -> Order:
    order = _problem(shop, house)
    order.enter("queued", field="fulfilment")
    return order


def _ended(state: str) -> Callable[..., Order]:
    def prepare(shop, house) -> Order:
        order = make.place(shop)
        order.enter(state, field="payment_state", closed_at=clock.now())
        return order

    return prepare


def _refunded(shop, house) -> Order:
    order = make.paid(shop)
    order.enter("refunded", field="payment_state")
    return order


def _twice(shop, house) -> Order:
    order = make.place(shop)
    first = make.payment_of(order)
    attempts.open(order, "alipay.wap")
    make.pay(order)
    notices.take(first.notify_token, make.notice(first))
    return order


STAGES = {
    "pay": _placed,
    "qr": _qr,
    "opening": _opening,
    "choose": _choose,
    "late": _late,
    "confirming": _confirming,
    "delivering": _delivering,
    "held": _held,
    "delivered": _delivered,
    "problem": _problem,
    "expired": _ended("expired"),
    "cancelled": _ended("cancelled"),
    "refunded": _refunded,
    "twice": _twice,
}


@pytest.mark.parametrize(("language", "width", "theme"), [("zh", 360, "dark"), ("en", 1280, "light")])
def test_every_page_is_clean(house, paths, chromium, language, width, theme):
    eyes = open_eyes(chromium, f"page-{language}", language=language, width=width, theme=theme)
    for name, path in paths.items():
        eyes.page.goto(house.web_url + path)
        eyes.see(name)
    assert eyes.complaints == []


def test_a_form_with_errors_gives_the_summary_the_focus(house, shop, chromium):
    eyes = open_eyes(chromium, "errors", language="zh", width=360)
    page = eyes.page
    page.goto(house.web_url + shop.path_of(shop.few))
    page.fill("#email", "nobody")
    page.fill("#quantity", "99")
    page.click("button[type=submit]")
    page.locator("[role=alert]").wait_for()
    assert page.evaluate("document.activeElement.getAttribute('role')") == "alert"
    assert page.input_value("#email") == "nobody"
    eyes.see("email")
    page.fill("#email", "somebody@example.com")
    page.fill("#quantity", "9")
    page.click("button[type=submit]")
    page.get_by_text("4").first.wait_for()
    eyes.see("stock")
    assert eyes.complaints == []
