"""Stock pages: tiles, finding a key, showing it, taking it away."""

import time

import pytest
from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY
from django.test import Client

from audit.models import AuditRow
from merchants.models import Member, Product, StockItem
from tests.factories.merchants import MemberFactory, ProductFactory, StoreFactory, stocked
from tests.merchants.people import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> Member:
    return MemberFactory.create()


@pytest.fixture
def product(owner: Member) -> Product:
    return ProductFactory.create(store=StoreFactory.create(merchant=owner.merchant))


@pytest.fixture
def client(owner: Member) -> Client:
    browser = signed_in(owner.user)
    browser.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return browser


def confirmed(client: Client) -> Client:
    """The same browser after its person has just confirmed the second factor."""
    session = client.session
    session[AUTHENTICATION_METHODS_SESSION_KEY] = [
        {"method": "mfa", "type": "totp", "at": time.time(), "reauthenticated": True}
    ]
    session.save()
    return client


def test_no_page_of_stock_holds_a_key(client: Client, product: Product):
    (item,) = stocked(product, ["CANARY-1"])
    base = f"/m/{product.merchant.key}"
    pages = [f"{base}/stock/", f"{base}/products/{product.key}/stock/", f"{base}/stock/keys/{item.key}/"]
    assert not any("CANARY" in client.get(page).content.decode() for page in pages)


def test_a_key_is_found_by_its_text_and_shown_by_its_state(client: Client, product: Product):
    (item,) = stocked(product, ["CANARY-1"])
    page = client.post(f"/m/{product.merchant.key}/stock/search/", {"key": "CANARY-1"}).content.decode()
    assert item.key in page


def test_a_key_is_shown_for_a_reason_after_a_fresh_confirmation(client: Client, product: Product):
    (item,) = stocked(product, ["CANARY-1"])
    where = f"/m/{product.merchant.key}/stock/keys/{item.key}/read/"
    page = confirmed(client).post(where, {"read-reason": "buyer says it fails"})
    assert "CANARY-1" in page.content.decode()
    assert AuditRow.objects.get(action="stock.revealed").reason == "buyer says it fails"


def test_without_a_fresh_confirmation_the_person_is_asked_first(client: Client, product: Product):
    (item,) = stocked(product, ["CANARY-1"])
    where = f"/m/{product.merchant.key}/stock/keys/{item.key}/"
    answer = client.post(f"{where}read/", {"read-reason": "curious"})
    assert answer["Location"].startswith("/account/security/confirm/?next=")
    assert not AuditRow.objects.filter(action="stock.revealed").exists()


def test_without_a_reason_nothing_is_shown(client: Client, product: Product):
    (item,) = stocked(product, ["CANARY-1"])
    page = confirmed(client).post(f"/m/{product.merchant.key}/stock/keys/{item.key}/read/", {})
    assert "CANARY-1" not in page.content.decode()


def test_staff_may_void_a_key_and_not_read_it(product: Product, owner: Member):
    (item,) = stocked(product, ["CANARY-1"])
    staff = confirmed(signed_in(MemberFactory.create(merchant=owner.merchant, role="staff").user))
    where = f"/m/{product.merchant.key}/stock/keys/{item.key}"
    assert staff.post(f"{where}/read/", {"read-reason": "x"}).status_code == 403
    staff.post(f"{where}/void/", {"void-reason": "invalid"})
    assert StockItem.objects.get().state == "void"
