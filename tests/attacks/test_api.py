"""A9, A10b, A50 over every address of the API, read from the table of addresses: a new one is swept too.

Each test sweeps them all and names those that are wrong.
"""

import json
from typing import Any

import pytest
from django.test import Client

from kernel.actors import SYSTEM
from keyway.urls.api import urlpatterns
from merchants import key_texts
from merchants.scopes import Scope
from merchants.services import api_keys
from tests.api.client import BASE, Api, api_of
from tests.attacks.tenants import Tenant, sweep
from tests.factories import payments as make
from tests.merchants.people import signed_in
from web.api.throttling import ByKey

pytestmark = pytest.mark.django_db

Route = tuple[str, str, Any]

ROUTES: list[Route] = [
    (method.upper(), str(entry.pattern), entry.callback)
    for entry in urlpatterns
    if hasattr(entry.callback, "actions")
    for method in entry.callback.actions
    if method != "head"
]
WITH_OBJECT = [route for route in ROUTES if "<" in route[1]]


THINGS = {
    "webhook_endpoints": "endpoint",
    "webhook_deliveries": "delivery",
    "products": "product",
    "plans": "plan",
    "entitlements": "entitlement",
    "subscriptions": "subscription",
    "invoices": "invoice",
    "mandates": "mandate",
    "price_changes": "price_change",
    "coupons": "coupon",
    "coupon_batches": "generation",
    "orders": "order",
    "payments": "payment",
    "refunds": "refund",
    "stock_batches": "batch",
    "settlements": "statement",
    "payouts": "payout",
    "events": "event",
}
"""What the objects of each kind of address are called in tests/attacks/tenants.py."""


@pytest.fixture(autouse=True)
def no_counted_requests() -> None:
    ByKey.forget()


@pytest.fixture
def api(mine: Tenant) -> Api:
    """With a key that may do everything."""
    return api_of(mine.merchant)


def at(tenant: Tenant, path: str) -> str:
    """The address with this tenant's object."""
    kind = path.split("/")[0]
    if "<" in path:
        assert kind in THINGS, f"{kind}: say in tests/attacks/test_api.py what its objects are"
        path = path.replace("<str:id>", tenant.objects[THINGS[kind]])
    return f"/{path}"


def refusal(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def scope_of(route: Route) -> str:
    """The scope that an address asks for."""
    method, _, view = route
    kind = "read" if method == "GET" else "write"
    scope: str = view.cls.scopes.get(view.actions[method.lower()], f"{view.cls.tag}:{kind}")
    return scope


def test_there_is_something_to_sweep():
    assert len(ROUTES) > 35


def test_a9_another_merchants_object_is_not_there_and_looks_like_a_missing_one(
    mine: Tenant, theirs: Tenant, api: Api
):
    def same(route: Route) -> tuple[int, bool]:
        method, path, _ = route
        foreign = api.call(method, at(theirs, path), body={}, idem="a")
        missing = api.call(method, at(theirs.made_up(), path), body={}, idem="b")
        return foreign.status_code, {**foreign.json(), "instance": ""} == {**missing.json(), "instance": ""}

    assert sweep(WITH_OBJECT, same) == dict.fromkeys(WITH_OBJECT, (404, True))


def test_ones_own_object_is_there(mine: Tenant, api: Api):
    reads = [route for route in WITH_OBJECT if route[0] == "GET"]
    found = sweep(reads, lambda route: api.get(at(mine, route[1])).status_code)
    assert found == dict.fromkeys(reads, 200)


def test_nobody_comes_in_without_a_key(mine: Tenant):
    def knock(route: Route) -> tuple[int, str, str]:
        answer = Client().generic(route[0], BASE + at(mine, route[1]), b"{}", "application/json")
        return *refusal(answer), answer.headers["WWW-Authenticate"]

    assert sweep(ROUTES, knock) == dict.fromkeys(ROUTES, (401, "api.key_missing", "Bearer"))


def test_a_session_is_no_key(mine: Tenant):
    owner = signed_in(mine.owner.user)

    def knock(route: Route) -> tuple[int, str]:
        return refusal(owner.generic(route[0], BASE + at(mine, route[1]), b"{}", "application/json"))

    assert sweep(ROUTES, knock) == dict.fromkeys(ROUTES, (401, "api.key_missing"))


def test_every_address_asks_for_its_own_scope(mine: Tenant):
    assert {scope_of(route) for route in ROUTES} <= set(Scope)

    def knock(route: Route) -> tuple[int, str]:
        others = [scope for scope in Scope if scope != scope_of(route)]
        return refusal(api_of(mine.merchant, *others).call(route[0], at(mine, route[1]), body={}, idem="k"))

    assert sweep(ROUTES, knock) == dict.fromkeys(ROUTES, (403, "api.scope_missing"))


def test_a10b_a_revoked_key_is_refused_at_the_next_request(mine: Tenant):
    row, text = api_keys.create(mine.merchant, "x", list(Scope), actor=SYSTEM)
    api_keys.revoke(row, actor=SYSTEM)
    key = Api(text, mine.merchant)
    answers = sweep(ROUTES, lambda route: refusal(key.call(route[0], at(mine, route[1]), body={}, idem="k")))
    assert answers == dict.fromkeys(ROUTES, (401, "api.key_unknown"))


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


def test_a_key_with_one_letter_changed_is_refused(api: Api):
    text = api.key
    changed = text[:20] + ("a" if text[20] != "a" else "b") + text[21:-6]
    assert Api(changed + key_texts._checksum(changed), api.merchant).get("/products").status_code == 401


@pytest.mark.parametrize("name", ["key", "api_key", "access_token", "x"])
def test_a_key_in_the_address_is_refused_and_told_to_be_rolled(api: Api, name: str):
    answer = api.get("/products", **{name: api.key})
    assert (answer.status_code, answer.json()["code"]) == (400, "api.key_in_address")
    assert Client().get(f"{BASE}/products?{name}={api.key}").status_code == 400


def test_a_key_of_the_twin_sees_nothing_live_and_the_other_way_round():
    live = make.shop()
    twin = make.shop(merchant=make.MerchantFactory.create(book="sandbox", twin_of=live.merchant))
    for mine, other in ((live, twin), (twin, live)):
        api = api_of(mine.merchant)
        assert [one["id"] for one in api.get("/products").json()["data"]] == [mine.product.key]
        assert api.get(f"/products/{other.product.key}").status_code == 404


def test_a50_no_key_and_no_secret_is_written_to_the_log(mine: Tenant, api: Api, capfd: Any):
    api.get("/products", key=api.key)
    api.get("/nothing")
    api.post("/orders", {"product": mine.objects["product"], "email": "canary@example.com"})
    api.send("POST", "/orders", b'{"email": "canary@example.com"')
    written = capfd.readouterr()
    for secret in (api.key, api.key[8:], "canary@example.com"):
        assert secret not in written.out + written.err


def test_no_answer_of_a_list_holds_a_key_of_stock(api: Api):
    shown = [json.dumps(api.get(f"/{kind}").json()) for kind in THINGS]
    assert "KEY-" not in "".join(shown)
