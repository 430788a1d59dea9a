"""How the API speaks: bodies, refusals, languages, limits."""

import json
from typing import Any

import pytest
from django.test import Client

from kernel import ids
from tests.api.client import BASE, Api
from tests.factories import payments as make

GOOD = {"slug": "x", "name_en": "X", "price": {"amount": 100, "currency": "CNY"}}


def refused(answer: Any, status: int, code: str) -> dict[str, Any]:
    """Checks a refusal, which has always the same form."""
    body: dict[str, Any] = answer.json()
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert (answer.status_code, body["status"], body["code"]) == (status, status, code)
    assert set(body) >= {"type", "title", "detail", "instance"}
    assert body["type"] == f"urn:keyway:problem:{code}"
    assert answer.headers["Cache-Control"] == "no-store"
    return body


@pytest.mark.parametrize(
    "raw",
    [
        b"{",
        b"[]",
        b'"x"',
        b"null",
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": -Infinity}',
        b'{"a": 1e999}',
        b'{"a": 1, "a": 2}',
        b'{"a": {"b": 1, "b": 1}}',
        b'{"a": ' + b"9" * 20 + b"}",
        b'{"a": -9223372036854775809}',
        b'{"a": ' + b"9" * 5000 + b"}",
        b'{"a": "\\u0000"}',
        b'{"\\u0000": 1}',
        b'{"a": "\\ud800"}',
        b'{"a": "\xff"}',
        b"\xff\xfe{\x00}\x00",
        b'{"a":' * 40 + b"1" + b"}" * 40,
        b'{"a":' + b"[" * 200_00 + b"]" * 200_00 + b"}",
        b"{} {}",
        b"{'a': 1}",
    ],
    ids=range(22),
)
def test_a_body_that_is_no_plain_json_object_is_refused(api: Api, raw: bytes):
    refused(api.send("POST", "/products", raw), 400, "api.malformed_body")


def test_a_large_body_is_refused_before_it_is_understood(api: Api):
    raw = b'{"a": "' + b"x" * 300_000 + b'"}'
    refused(api.send("POST", "/products", raw), 413, "web.body_too_large")
    refused(api.send("POST", "/products", b"x" * 17_000_000), 413, "web.body_too_large")


@pytest.mark.parametrize(
    "kind",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/xml"],
)
def test_a_body_of_another_kind_is_refused(api: Api, kind: str):
    refused(api.send("POST", "/products", b"a=1", content_type=kind), 415, "api.media_type")


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "TRACE", "PROPFIND"])
def test_a_method_that_is_not_done_names_those_that_are(api: Api, method: str):
    answer = api.call(method, "/products")
    refused(answer, 405, "api.method_not_allowed")
    assert method in answer.json()["title"]
    assert answer.headers["Allow"] == "GET, HEAD, POST"


@pytest.mark.parametrize("header", ["http_x_http_method_override", "http_x_method_override"])
def test_a47_a_method_is_what_it_is(api: Api, shop: make.Shop, header: str):
    at = f"/products/{shop.product.key}"
    refused(api.call("POST", at, body={"name_en": "X"}, **{header: "PATCH"}), 405, "api.method_not_allowed")


@pytest.mark.parametrize(
    "path", ["/nothing", "/products/", "/products/prd_x", "/orders/1/keys", "//products"]
)
def test_nothing_is_told_of_what_is_not_there(api: Api, path: str):
    refused(api.get(path), 404, "not_found")


def test_an_id_of_another_kind_is_not_there(api: Api, shop: make.Shop):
    other = ids.encode("ord", shop.product.id)
    refused(api.get(f"/products/{other}"), 404, "not_found")


@pytest.mark.parametrize(
    ("language", "title"), [("en", "This needs"), ("zh-CN", "zh"), ("fr, zh;q=0.5", "zh")]
)
def test_refusals_are_told_in_the_callers_language(db: Any, language: str, title: str):
    answer = Client().get(f"{BASE}/products", headers={"accept-language": language})
    assert answer.headers["Content-Language"] == ("en" if language == "en" else "zh-CN")
    assert answer.json()["title"].startswith(title) or language != "en"


def test_a_language_in_the_address_is_an_unknown_parameter_and_sets_no_cookie(api: Api):
    answer = api.get("/products", lang="zh")
    assert list(refused(answer, 400, "invalid")["errors"]) == ["lang"]
    assert not answer.cookies


def test_errors_are_told_by_the_path_of_their_field(api: Api):
    tier = {"from_quantity": 1, "unit_price": {"amount": "1", "currency": "CNY"}, "x": 1}
    errors = refused(api.post("/products", {**GOOD, "tiers": [tier], "slug": "X"}), 400, "invalid")["errors"]
    assert set(errors) == {"slug", "tiers.0.x"}


@pytest.mark.parametrize(
    "amount",
    [
        1,
        "1.00",
        None,
        {},
        {"amount": 1},
        {"amount": 1.0, "currency": "CNY"},
        {"amount": "1", "currency": "CNY"},
        {"amount": True, "currency": "CNY"},
        {"amount": 0, "currency": "CNY"},
        {"amount": -1, "currency": "CNY"},
        {"amount": 10**12, "currency": "CNY"},
        {"amount": 1, "currency": "¥"},
        {"amount": 1, "currency": 1},
        {"amount": 1, "currency": "CNY", "x": 1},
    ],
)
def test_money_that_is_none_is_refused(api: Api, amount: Any):
    answer = api.post("/products", {**GOOD, "price": amount})
    assert list(refused(answer, 400, "invalid")["errors"]) in (["price"], ["currency"])


def test_times_are_utc_to_the_millisecond_and_amounts_are_whole(api: Api, shop: make.Shop):
    shown = api.get(f"/products/{shop.product.key}").json()
    assert shown["created_at"].endswith("Z")
    assert len(shown["created_at"]) == 24
    assert type(shown["price"]["amount"]) is int


def test_whatever_the_caller_accepts_it_gets_json(api: Api):
    answer = api.call("GET", "/products", http_accept="text/html")
    assert answer.headers["Content-Type"] == "application/json"
    refused(api.call("GET", "/nothing", http_accept="text/html"), 404, "not_found")


def test_a53_another_sites_script_gets_no_leave_to_read(api: Api):
    answer = api.call("GET", "/products", http_origin="https://evil.example")
    assert not [name for name in answer.headers if name.lower().startswith("access-control")]


def test_nobody_keeps_an_answer_of_the_api(api: Api):
    assert api.get("/products").headers["Cache-Control"] == "no-store"


def test_beyond_its_limit_a_key_is_told_how_long_to_wait(api: Api, settings: Any):
    settings.KEYWAY_API_PER_MINUTE = {"live": 3, "sandbox": 3}
    answers = [api.get("/products") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    refused(answers[-1], 429, "api.too_many_requests")
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 60


def test_a_request_that_was_too_many_is_not_kept_under_its_key(api: Api, settings: Any):
    settings.KEYWAY_API_PER_MINUTE = {"live": 1, "sandbox": 1}
    api.get("/products")
    assert api.post("/products", GOOD, idem="k").status_code == 429
    settings.KEYWAY_API_PER_MINUTE = {"live": 100, "sandbox": 100}
    assert api.post("/products", GOOD, idem="k").status_code == 201


def test_the_body_is_read_as_utf8_whatever_its_header_says(api: Api):
    raw = json.dumps({**GOOD, "name_zh": "中文"}, ensure_ascii=False).encode()
    answer = api.send("POST", "/products", raw, content_type="application/json; charset=gbk")
    assert answer.json()["name_zh"] == "中文"
