"""The balance, its lines, settlements, payouts and events by API."""

import json
from typing import Any

import pytest

from merchants.models import Merchant
from tests.api.client import Api, api_of
from tests.api.events import told
from tests.factories import payments as make
from tests.factories import settlement as in_settlement


@pytest.fixture
def merchant(db: Any) -> Merchant:
    return in_settlement.merchant()


@pytest.fixture
def api(merchant: Merchant) -> Api:
    return api_of(merchant)


def test_a_sale_is_pending_and_its_lines_add_up_to_the_balance(db: Any):
    shop = make.shop()
    order = make.paid(shop)
    api = api_of(shop.merchant)
    (account,) = api.get("/balance").json()["data"]
    assert (account["account"], account["available"]["amount"]) == ("balance", 0)
    assert account["pending"] == {"amount": 964, "currency": "CNY"}
    lines = api.get("/balance/lines", currency="CNY").json()["data"]
    assert sum(line["amount"]["amount"] for line in lines) == lines[0]["balance"]["amount"] == 964
    assert {line["order"] for line in lines} == {order.key}
    assert {line["subject"] for line in lines} == {make.payment_of(order).reference}
    assert {line["reason"] for line in lines} == {"sales", "fees"}
    assert all(line["pending"] for line in lines)


def test_lines_go_on_by_their_cursor(api: Api, merchant: Merchant):
    for amount in (100, 200, 300):
        in_settlement.sale(merchant, amount)
    whole = api.get("/balance/lines", currency="CNY").json()["data"]
    first = api.get("/balance/lines", currency="CNY", limit=2).json()
    rest = api.get("/balance/lines", currency="CNY", limit=2, cursor=first["next"]).json()
    assert first["data"] + rest["data"] == whole
    assert len(whole) == 3
    assert rest["next"] is None


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({}, "currency"),
        ({"currency": "yen"}, "currency"),
        ({"currency": "CNY", "account": "x"}, "account"),
        ({"currency": "CNY", "cursor": "x"}, "cursor"),
        ({"currency": "CNY", "limit": "0"}, "limit"),
        ({"currency": "CNY", "page": "2"}, "page"),
    ],
)
def test_a_parameter_of_the_lines_that_means_nothing_is_refused(api: Api, query: dict[str, str], field: str):
    answer = api.get("/balance/lines", **query)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])


def test_a_currency_that_was_never_used_has_no_lines(api: Api):
    assert api.get("/balance/lines", currency="USD").json() == {"data": [], "next": None}


def test_a_settlement_its_lines_and_its_payout_say_the_same(api: Api, merchant: Merchant):
    in_settlement.sale(merchant, 5_000, fee=100)
    payout = in_settlement.drafted(merchant, 10_000)
    (shown,) = api.get("/settlements").json()["data"]
    assert shown == api.get(f"/settlements/{shown['id']}").json()
    assert (shown["sales"]["amount"], shown["fees"]["amount"], shown["closing"]["amount"]) == (
        15_000,
        -100,
        14_900,
    )
    assert (shown["outcome"], shown["payout"]) == ("payout", payout.request_no)
    first = api.get(f"/settlements/{shown['id']}/lines", limit=2).json()
    rest = api.get(f"/settlements/{shown['id']}/lines", limit=2, cursor=first["next"]).json()
    lines = first["data"] + rest["data"]
    assert len({line["id"] for line in lines}) == len(lines) == shown["lines"]
    assert sum(line["amount"]["amount"] for line in lines) == 14_900
    paid_out = api.get(f"/payouts/{payout.request_no}").json()
    assert (paid_out["amount"]["amount"], paid_out["state"]) == (14_900, "drafted")
    assert paid_out["bank_account"]["last_four"] == "0001"
    assert api.get("/payouts", state="drafted").json()["data"] == [paid_out]


def test_a_settlement_is_had_as_a_file(api: Api, merchant: Merchant):
    in_settlement.drafted(merchant)
    url = api.get("/settlements").json()["data"][0]["csv_url"]
    answer = api.get(url.removeprefix("/api/v1"))
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert b"100.00" in b"".join(answer.streaming_content)


def test_a_bank_account_s_number_is_never_told(api: Api, merchant: Merchant):
    in_settlement.drafted(merchant)
    assert b"6222000000000001" not in api.get("/payouts").content


def test_events_come_in_the_order_of_their_numbers_and_a_program_can_follow(api: Api, merchant: Merchant):
    made = [told(merchant) for _ in range(3)]
    first = api.get("/events", limit=2).json()
    rest = api.get("/events", cursor=first["next"]).json()
    assert [one["id"] for one in first["data"] + rest["data"]] == [event.key for event in made]
    later = told(merchant)
    following = api.get("/events", cursor=rest["data"][-1]["number"]).json()["data"]
    assert [one["id"] for one in following] == [later.key]


def test_an_event_is_what_a_webhook_tells_and_its_number(api: Api, merchant: Merchant):
    event = told(merchant)
    shown = api.get(f"/events/{event.key}").json()
    assert shown == {**json.loads(event.body), "number": event.place}


def test_events_are_found_by_what_happened(api: Api, merchant: Merchant):
    told(merchant)
    expired = told(merchant, "order.expired")
    assert [one["id"] for one in api.get("/events", type="order.expired").json()["data"]] == [expired.key]


@pytest.mark.parametrize("cursor", ["-1", "x", "١", "9" * 19, "1.0"])
def test_a_cursor_that_is_no_number_is_refused(api: Api, cursor: str):
    answer = api.get("/events", cursor=cursor)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["cursor"])


def test_one_merchants_books_are_not_anothers(api: Api, merchant: Merchant):
    other = in_settlement.merchant()
    in_settlement.drafted(other)
    told(other)
    assert api.get("/balance").json()["data"] == []
    for kind in ("settlements", "payouts", "events"):
        assert api.get(f"/{kind}").json()["data"] == []
    assert api.get("/balance/lines", currency="CNY").json()["data"] == []
