"""Refunds by API: whole, in parts, once a key."""

from typing import Any

import pytest

from payments.models import Refund
from tests.api.client import Api, api_of
from tests.factories import payments as make
from tests.payments.test_refunds import done


@pytest.fixture
def api(online: make.Shop) -> Api:
    return api_of(online.merchant)


@pytest.fixture
def paid(online: make.Shop) -> Any:
    return make.payment_of(make.paid(online))


def test_without_an_amount_all_that_is_left_goes_back(api: Api, gateway: Any, paid: Any):
    gateway.answers += [done(paid, 400), done(paid, 600)]
    part = {"amount": 400, "currency": "CNY"}
    api.post("/refunds", {"payment": paid.reference, "amount": part, "reason": "x"})
    answer = api.post("/refunds", {"order": paid.order.key, "reason": "x"})
    assert answer.status_code == 201
    assert (answer.json()["amount"]["amount"], answer.json()["state"]) == (600, "succeeded")
    assert api.get(f"/refunds/{answer.json()['id']}").json() == answer.json()
    assert api.get(f"/orders/{paid.order.key}").json()["payment_state"] == "refunded"


def test_more_than_is_left_is_refused(api: Api, paid: Any):
    more = {"amount": 1001, "currency": "CNY"}
    answer = api.post("/refunds", {"order": paid.order.key, "amount": more, "reason": "x"})
    assert (answer.status_code, answer.json()["code"]) == (409, "payments.refund_too_large")
    assert not Refund.objects.exists()


def test_another_currency_than_the_payments_is_said_by_its_field(api: Api, paid: Any):
    other = {"amount": 1, "currency": "USD"}
    answer = api.post("/refunds", {"order": paid.order.key, "amount": other, "reason": "x"})
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["amount.currency"])


def test_a_refund_without_an_idempotency_key_is_refused(api: Api, paid: Any):
    answer = api.post("/refunds", {"order": paid.order.key, "reason": "x"}, idem="")
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency.key_missing")


def test_an_unpaid_order_is_not_refunded(api: Api, online: make.Shop):
    answer = api.post("/refunds", {"order": make.place(online).key, "reason": "x"})
    assert (answer.status_code, answer.json()["code"]) == (409, "payments.not_refundable")


def test_a_channel_that_does_not_answer_leaves_one_refund_that_is_asked_about(
    api: Api, gateway: Any, paid: Any
):
    gateway.answers.append(502)
    body = {"order": paid.order.key, "reason": "x"}
    first = api.post("/refunds", body, idem="k")
    again = api.post("/refunds", body, idem="k")
    assert first.json()["state"] == "unknown"
    assert again.content == first.content
    assert Refund.objects.count() == 1


@pytest.mark.parametrize("body", [{}, {"order": 1, "reason": "x"}, {"reason": "x"}])
def test_what_is_refunded_must_be_named(api: Api, body: dict[str, Any]):
    assert {"order", "reason"} & set(api.post("/refunds", body).json()["errors"])


@pytest.mark.parametrize("name", ["order", "payment"])
def test_another_merchants_money_is_not_there(api: Api, name: str):
    theirs = make.payment_of(make.paid(make.shop()))
    named = {"order": theirs.order.key, "payment": theirs.reference}[name]
    answer = api.post("/refunds", {name: named, "reason": "x"})
    assert (answer.status_code, list(answer.json()["errors"])) == (404, [name])
    assert not Refund.objects.exists()
