"""A test orders what goes wrong on the wire, and it goes wrong exactly as often."""

import json
import time
from typing import Any

import pytest

from payments.sandbox.models import Fault, Trade
from tests.payments.sandbox.shop import Shop, order_number

QUERY, PRECREATE = "alipay.trade.query", "alipay.trade.precreate"


def _order(shop: Shop, **fault: Any) -> None:
    body = json.dumps(fault).encode()
    answer = shop.fetch(f"{shop.url}/control/faults/", body, "application/json")
    assert answer.status == 200, answer.body


def _content(number: str) -> dict[str, Any]:
    return {"out_trade_no": number, "total_amount": "1.00", "subject": "卡"}


def test_an_error_comes_once_and_then_no_more(shop: Shop):
    _order(shop, kind="error_500")
    form = shop.signed(QUERY, {"out_trade_no": "x"})
    assert [shop.post(form).status for _ in range(2)] == [500, 200]


def test_a_fault_of_another_order_or_method_stays_away(shop: Shop):
    _order(shop, kind="error_500", prefix="pay_a")
    _order(shop, kind="error_500", method="alipay.trade.refund")
    assert shop.post(shop.signed(QUERY, {"out_trade_no": "pay_b"})).status == 200
    assert shop.post(shop.signed(QUERY, {"out_trade_no": "pay_a1"})).status == 500


def test_the_call_has_its_effect_behind_the_error(shop: Shop):
    _order(shop, kind="error_500")
    shop.post(shop.signed(PRECREATE, _content(order_number())))
    assert Trade.objects.count() == 1


def test_the_call_has_no_effect_where_that_is_ordered(shop: Shop):
    _order(shop, kind="error_500", works=False)
    assert shop.post(shop.signed(PRECREATE, _content(order_number()))).status == 500
    assert not Trade.objects.exists()


def test_garbage_is_html_with_status_200(shop: Shop):
    _order(shop, kind="garbage")
    answer = shop.post(shop.signed(QUERY, {"out_trade_no": "x"}))
    assert (answer.status, answer.body[:6]) == (200, b"<html>")


def test_a_flood_is_larger_than_any_client_should_read(shop: Shop):
    _order(shop, kind="oversize")
    assert len(shop.post(shop.signed(QUERY, {"out_trade_no": "x"})).body) > 7_000_000


def test_a_drip_takes_its_time_over_few_bytes(far_shop: Shop):
    shop = far_shop
    _order(shop, kind="drip", seconds=1)
    began = time.monotonic()
    answer = shop.post(shop.signed(QUERY, {"out_trade_no": "x"}))
    assert time.monotonic() - began >= 1
    assert answer.body == b'{"alip'


def test_a_time_out_answers_after_its_seconds_and_had_its_effect_before(shop: Shop):
    _order(shop, kind="timeout", seconds=1)
    began = time.monotonic()
    answer = shop.post(shop.signed(PRECREATE, _content(order_number())))
    assert time.monotonic() - began >= 1
    assert answer.node["code"] == "10000"


def test_a_forged_call_uses_no_fault_up(shop: Shop):
    _order(shop, kind="error_500")
    shop.post({**shop.signed(QUERY, {"out_trade_no": "x"}), "sign": "bm8="})
    assert Fault.objects.get().left == 1


@pytest.mark.parametrize("fault", [{"kind": "earthquake"}, {"kind": "drip", "seconds": 500}, {}])
def test_a_fault_that_makes_no_sense_is_refused(shop: Shop, fault: dict[str, Any]):
    body = json.dumps(fault).encode()
    answer = shop.fetch(f"{shop.url}/control/faults/", body, "application/json")
    assert answer.status == 400


def test_the_control_takes_nothing_that_a_foreign_page_could_send(shop: Shop):
    body = json.dumps({"kind": "garbage"}).encode()
    answer = shop.fetch(f"{shop.url}/control/faults/", body, "text/plain")
    assert answer.status == 404
    assert not Fault.objects.exists()


def test_the_control_ends_a_visit_and_tells_how_the_trade_stands(shop: Shop):
    number, _ = shop.precreate("12.34")
    place = f"{shop.url}/control/trades/{number}/"
    shop.fetch(place, b'{"ending": "pay"}', "application/json")
    shop.call("alipay.trade.refund", out_trade_no=number, refund_amount="2.00", out_request_no="r1")
    stand = json.loads(shop.fetch(place).body)
    assert (stand["status"], stand["paid"], stand["refunds"]) == ("TRADE_SUCCESS", "12.34", {"r1": "2.00"})
