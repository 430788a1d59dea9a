"""A9, A10b, A50 over every address of the API, read from the table of addresses: a new one is swept too."""

import json
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client

from kernel import ids
from kernel.actors import SYSTEM
from kernel.money import Money
from keyway.urls import api as table
from merchants import key_texts
from merchants.models import Merchant, StockBatch
from merchants.scopes import Scope
from merchants.services import api_keys
from payments.services import refunds
from tests.api.client import BASE, Api, api_of
from tests.api.events import told
from tests.factories import payments as make
from tests.factories import settlement as in_settlement
from tests.factories import webhooks
from web.api.throttling import ByKey
from webhooks.bodies import delivery_id

pytestmark = pytest.mark.django_db

ROUTES = [
    (method.upper(), str(entry.pattern), entry.callback)
    for entry in table.urlpatterns
    if hasattr(entry.callback, "actions")
    for method in entry.callback.actions
    if method != "head"
]
WITH_OBJECT = [route for route in ROUTES if "<" in route[1]]
NAMES = [f"{method} {path}" for method, path, _ in ROUTES]
NAMES_WITH_OBJECT = [f"{method} {path}" for method, path, _ in WITH_OBJECT]


@pytest.fixture(autouse=True)
def no_counted_requests() -> None:
    ByKey.forget()


@dataclass(frozen=True)
class Tenant:
    """A merchant with one of everything."""

    merchant: Merchant
    api: Api
    objects: dict[str, str]

    def at(self, path: str) -> str:
        """The address with this tenant's object."""
        kind = path.split("/")[0]
        if "<" in path:
            assert kind in self.objects, f"{kind}: say in tests/attacks/test_api.py what its objects are"
        return "/" + path.replace("<str:id>", self.objects.get(kind, ""))


def tenant() -> Tenant:
    merchant = in_settlement.merchant()
    shop = make.shop(3, merchant=merchant)
    order = make.paid(shop)
    payout = in_settlement.drafted(merchant)
    endpoint = webhooks.endpoint("https://8.8.8.8/hook", merchant_id=shop.merchant.pk)
    event = webhooks.event(endpoint)
    webhooks.tell(event)
    objects = {
        "webhook_endpoints": endpoint.key,
        "webhook_deliveries": ids.encode("whd", delivery_id(event.id, endpoint.pk)),
        "products": shop.product.key,
        "orders": order.key,
        "payments": make.payment_of(order).reference,
        "refunds": refund_of(shop, order),
        "stock_batches": StockBatch.objects.filter(merchant=merchant)[0].key,
        "settlements": payout.statement.key,
        "payouts": payout.request_no,
        "events": told(merchant).key,
    }
    return Tenant(shop.merchant, api_of(shop.merchant), objects)


def refund_of(shop: make.Shop, order: Any) -> str:
    payment = make.payment_of(order)
    made = refunds.book(payment=payment, amount=Money(1, "CNY"), reason="x", actor=SYSTEM)
    return made.request_no


def made_up(like: Tenant) -> Tenant:
    """Nobody's objects."""
    nobodys = {kind: ids.encode(key.split("_")[0], ids.new()) for kind, key in like.objects.items()}
    return Tenant(like.merchant, like.api, nobodys)


@pytest.fixture
def mine() -> Tenant:
    return tenant()


@pytest.fixture
def theirs() -> Tenant:
    return tenant()


def test_there_is_something_to_sweep():
    assert len(ROUTES) > 15


@pytest.mark.parametrize(("method", "path", "_view"), WITH_OBJECT, ids=NAMES_WITH_OBJECT)
def test_a9_another_merchants_object_is_not_there_and_looks_like_a_missing_one(
    mine: Tenant, theirs: Tenant, method: str, path: str, _view: Any
):
    foreign = mine.api.call(method, theirs.at(path), body={}, idem="a")
    missing = mine.api.call(method, made_up(theirs).at(path), body={}, idem="b")
    assert foreign.status_code == 404
    assert {**foreign.json(), "instance": ""} == {**missing.json(), "instance": ""}


@pytest.mark.parametrize(("method", "path", "_view"), ROUTES, ids=NAMES)
def test_nobody_comes_in_without_a_key(mine: Tenant, method: str, path: str, _view: Any):
    answer = Client().generic(method, BASE + mine.at(path), b"{}", "application/json")
    assert (answer.status_code, answer.json()["code"]) == (401, "api.key_missing")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(("method", "path", "view"), ROUTES, ids=NAMES)
def test_every_address_asks_for_its_own_scope(mine: Tenant, method: str, path: str, view: Any):
    action = view.actions[method.lower()]
    kind = "read" if method == "GET" else "write"
    needed = view.cls.scopes.get(action, f"{view.cls.tag}:{kind}")
    others = [scope for scope in Scope if scope != needed]
    assert needed in set(Scope)
    answer = api_of(mine.merchant, *others).call(method, mine.at(path), body={}, idem="k")
    assert (answer.status_code, answer.json()["code"]) == (403, "api.scope_missing")


@pytest.mark.parametrize(("method", "path", "_view"), ROUTES, ids=NAMES)
def test_a10b_a_revoked_key_is_refused_at_the_next_request(mine: Tenant, method: str, path: str, _view: Any):
    row, text = api_keys.create(mine.merchant, "x", list(Scope), actor=SYSTEM)
    api_keys.revoke(row, actor=SYSTEM)
    answer = Api(text, mine.merchant).call(method, mine.at(path), body={}, idem="k")
    assert (answer.status_code, answer.json()["code"]) == (401, "api.key_unknown")


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Basic a3dfdGVzdA==",
        "bearer kw_test_",
        "Bearer kw_live_" + "0" * 36,
        "Bearer kw_live_" + "0" * 35,
        "Bearer \x00",
        "Bearer ключ",
        "Bearer " + "k" * 5000,
        "Token x",
    ],
)
def test_a_key_that_is_none_is_refused(header: str):
    answer = Client().get(f"{BASE}/products", HTTP_AUTHORIZATION=header)
    assert answer.status_code == 401
    assert answer.json()["code"] in {"api.key_missing", "api.key_unknown"}


def test_a_key_with_one_letter_changed_is_refused(mine: Tenant):
    text = mine.api.key
    changed = text[:20] + ("a" if text[20] != "a" else "b") + text[21:-6]
    assert Api(changed + key_texts._checksum(changed), mine.merchant).get("/products").status_code == 401


@pytest.mark.parametrize("name", ["key", "api_key", "access_token", "x"])
def test_a_key_in_the_address_is_refused_and_told_to_be_rolled(mine: Tenant, name: str):
    answer = mine.api.get("/products", **{name: mine.api.key})
    assert (answer.status_code, answer.json()["code"]) == (400, "api.key_in_address")
    assert Client().get(f"{BASE}/products?{name}={mine.api.key}").status_code == 400


def test_a_key_of_the_twin_sees_nothing_live_and_the_other_way_round():
    live = make.shop()
    twin = make.shop(merchant=make.MerchantFactory.create(book="sandbox", twin_of=live.merchant))
    for mine, other in ((live, twin), (twin, live)):
        api = api_of(mine.merchant)
        assert [one["id"] for one in api.get("/products").json()["data"]] == [mine.product.key]
        assert api.get(f"/products/{other.product.key}").status_code == 404


def test_a50_no_key_and_no_secret_is_written_to_the_log(mine: Tenant, capfd: Any):
    mine.api.get("/products", key=mine.api.key)
    mine.api.get("/nothing")
    mine.api.post("/orders", {"product": mine.objects["products"], "email": "canary@example.com"})
    mine.api.send("POST", "/orders", b'{"email": "canary@example.com"')
    written = capfd.readouterr()
    for secret in (mine.api.key, mine.api.key[8:], "canary@example.com"):
        assert secret not in written.out + written.err


def test_no_answer_of_a_list_holds_a_key_of_stock(mine: Tenant):
    shown = [json.dumps(mine.api.get(f"/{kind}").json()) for kind in mine.objects]
    assert "KEY-" not in "".join(shown)
