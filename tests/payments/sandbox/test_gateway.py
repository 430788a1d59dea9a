"""The gateway believes what is signed by the app, says no in Alipay's codes, and signs what it says."""

import json
from datetime import UTC, timedelta
from urllib.parse import quote_plus, urlencode

import pytest
import time_machine

from payments.sandbox.models import AlipayApp, Trade
from tests.payments.sandbox.shop import Shop, beijing_now, key_pair, order_number

QUERY = "alipay.trade.query"


def test_the_published_sdk_buys_and_refunds_over_real_http(far_shop: Shop):
    number, cashier = far_shop.precreate("12.34")
    far_shop.pay(cashier)
    assert far_shop.sdk.api_alipay_trade_query(out_trade_no=number)["trade_status"] == "TRADE_SUCCESS"
    refund = far_shop.sdk.api_alipay_trade_refund(refund_amount="12.34", out_trade_no=number)
    assert (refund["code"], refund["fund_change"]) == ("10000", "Y")
    found = far_shop.sdk.api_alipay_trade_fastpay_refund_query(number, out_trade_no=number)
    assert found["refund_status"] == "REFUND_SUCCESS"


def test_the_published_sdk_sends_a_browser_to_the_cashier_over_real_http(far_shop: Shop):
    number, link = far_shop.page()
    place = far_shop.fetch(link).headers["Location"]
    far_shop.pay(far_shop.url + place)
    assert far_shop.query(number)["trade_status"] == "TRADE_SUCCESS"


def test_the_published_sdk_makes_a_trade_and_finds_it_paid(shop: Shop):
    number, cashier = shop.precreate("12.34")
    shop.pay(cashier)
    found = shop.query(number)
    assert found["code"] == "10000"
    assert found["trade_status"] == "TRADE_SUCCESS"
    assert found["total_amount"] == found["receipt_amount"] == found["buyer_pay_amount"] == "12.34"
    assert found["fund_bill_list"] == [{"amount": "12.34", "fund_channel": "ALIPAYACCOUNT"}]
    assert found["out_trade_no"] == number
    assert len(found["trade_no"]) == 28


def test_a_trade_that_no_buyer_has_opened_does_not_exist_yet(shop: Shop):
    number, _ = shop.precreate()
    found = shop.query(number)
    assert (found["code"], found["sub_code"]) == ("40004", "ACQ.TRADE_NOT_EXIST")
    assert found["out_trade_no"] == number
    assert found["receipt_amount"] == "0.00"


def test_a_trade_that_its_buyer_has_opened_waits(shop: Shop):
    number, cashier = shop.precreate()
    shop.fetch(cashier)
    found = shop.query(number)
    assert found["trade_status"] == "WAIT_BUYER_PAY"
    assert found["total_amount"] == "12.34"
    assert found["buyer_pay_amount"] == "0.00"
    assert "send_pay_date" not in found


def test_a_trade_is_found_by_alipays_number_before_the_merchants(shop: Shop):
    number, cashier = shop.precreate()
    shop.pay(cashier)
    trade_no = shop.query(number)["trade_no"]
    assert shop.call(QUERY, trade_no=trade_no, out_trade_no="other")["out_trade_no"] == number


def test_another_apps_trade_does_not_exist(shop: Shop):
    number, cashier = shop.precreate()
    shop.pay(cashier)
    assert Shop(shop.line).query(number)["sub_code"] == "ACQ.TRADE_NOT_EXIST"


def test_the_signature_covers_the_text_of_the_node_with_its_slashes_escaped(shop: Shop):
    content = {"out_trade_no": order_number(), "total_amount": "1.00", "subject": "卡"}
    answer = shop.post(shop.signed("alipay.trade.precreate", content))
    assert r'"qr_code":"http:\/\/' in answer.text
    assert shop.verifies_node(answer.body, "alipay_trade_precreate_response")
    assert not shop.verifies_node(
        answer.body.replace(b"Success", b"Succes5"), "alipay_trade_precreate_response"
    )


def test_the_answer_is_json_that_calls_itself_html(shop: Shop):
    answer = shop.post(shop.signed(QUERY, {"out_trade_no": "x"}))
    assert answer.headers["Content-Type"] == "text/html;charset=utf-8"


def test_parameters_may_stand_in_the_address_and_the_content_in_the_form(shop: Shop):
    form = shop.signed(QUERY, {"out_trade_no": "none"})
    content = {"biz_content": form.pop("biz_content")}
    answer = shop.fetch(f"{shop.url}/gateway.do?{urlencode(form)}", content)
    assert answer.node["sub_code"] == "ACQ.TRADE_NOT_EXIST"


def test_a_call_in_gbk_is_read_and_answered_in_gbk(shop: Shop):
    number = order_number()
    content = {"out_trade_no": number, "total_amount": "1.00", "subject": "礼品卡"}
    body = {**shop.sdk.build_body("alipay.trade.precreate", {}), "charset": "GBK"}
    body["biz_content"] = json.dumps(content, ensure_ascii=False)
    text = "&".join(f"{name}={body[name]}" for name in sorted(body))
    body["sign"] = _signature(text.encode("gbk"))
    form = "&".join(f"{name}={quote_plus(value, encoding='gbk')}" for name, value in body.items())
    answer = shop.post(form.encode())
    assert answer.node["code"] == "10000"
    assert answer.headers["Content-Type"] == "text/html;charset=gbk"
    assert Trade.objects.get(out_trade_no=number).subject == "礼品卡"


@pytest.mark.parametrize(
    "name", ["app_id", "method", "charset", "sign_type", "timestamp", "version", "biz_content"]
)
def test_a_parameter_that_was_changed_after_signing_is_refused(shop: Shop, name: str):
    form = shop.signed(QUERY, {"out_trade_no": "x"})
    other = Shop(shop.line).app_id
    changes = {"app_id": other, "charset": "gbk", "sign_type": "RSA", "biz_content": "{}"}
    form[name] = changes.get(name, form[name] + "1")
    node = shop.post(form).node
    assert node["code"] == "40002"
    assert node["sub_code"] in ("isv.invalid-signature", "isv.invalid-signature-type")


def test_a_parameter_that_was_added_after_signing_is_refused(shop: Shop):
    form = {**shop.signed(QUERY, {"out_trade_no": "x"}), "notify_url": "https://evil.example/"}
    assert shop.post(form).node["sub_code"] == "isv.invalid-signature"


def test_a_refused_signature_is_answered_under_a_signature_with_the_text_that_was_checked(shop: Shop):
    form = {**shop.signed(QUERY, {"out_trade_no": "x"}), "sign": "bm8="}
    answer = shop.post(form)
    assert "app_id=" + shop.app_id in answer.node["sub_msg"]
    assert "&quot;out_trade_no&quot;" in answer.node["sub_msg"]
    assert shop.verifies_node(answer.body, "alipay_trade_query_response")


def test_a_foreign_key_is_refused(shop: Shop):
    form = shop.signed(QUERY, {"out_trade_no": "x"})
    form["sign"] = _signature(b"x", which="stranger")
    assert shop.post(form).node["sub_code"] == "isv.invalid-signature"


def test_a_parameter_that_comes_twice_is_refused(shop: Shop):
    form = urlencode(shop.signed(QUERY, {"out_trade_no": "x"})) + "&app_id=1"
    assert shop.post(form.encode()).node["sub_code"] == "isv.invalid-parameter"


@pytest.mark.parametrize(
    ("name", "sub_code"),
    [
        ("method", "isv.missing-method"),
        ("sign", "isv.missing-signature"),
        ("sign_type", "isv.missing-signature-type"),
        ("timestamp", "isv.missing-timestamp"),
        ("version", "isv.missing-version"),
        ("app_id", "isv.missing-app-id"),
    ],
)
def test_a_missing_parameter_is_named(shop: Shop, name: str, sub_code: str):
    form = shop.signed(QUERY, {"out_trade_no": "x"})
    del form[name]
    node = shop.post(form).node
    assert (node["code"], node["sub_code"]) == ("40001", sub_code)


def test_an_app_that_nobody_registered_gets_an_answer_without_a_signature(shop: Shop):
    AlipayApp.objects.all().delete()
    answer = shop.post(shop.signed(QUERY, {"out_trade_no": "x"}))
    assert answer.node["sub_code"] == "isv.invalid-app-id"
    assert "sign" not in json.loads(answer.body)


def test_a_timestamp_of_another_time_zone_is_refused(shop: Shop):
    utc = beijing_now().astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
    form = shop.signed(QUERY, {"out_trade_no": "x"}, timestamp=utc)
    assert shop.post(form).node["sub_code"] == "isv.invalid-timestamp"


def test_a_timestamp_in_another_form_is_refused(shop: Shop):
    form = shop.signed(QUERY, {"out_trade_no": "x"}, timestamp="1763800000")
    assert shop.post(form).node["sub_code"] == "isv.invalid-timestamp"


def test_a_method_that_nobody_knows_is_an_error_response(shop: Shop):
    answer = shop.post(shop.signed("alipay.trade.teleport", {}))
    assert json.loads(answer.body)["error_response"]["sub_code"] == "isv.invalid-method"
    assert shop.verifies_node(answer.body, "error_response")


def test_content_that_is_no_object_is_refused(shop: Shop):
    form = shop.signed(QUERY, {}, biz_content="[1]")
    assert shop.post(form).node["sub_code"] == "isv.invalid-parameter"


def test_a_query_without_a_number_is_refused(shop: Shop):
    assert shop.call(QUERY)["sub_code"] == "ACQ.INVALID_PARAMETER"


def test_a_call_of_more_than_a_quarter_megabyte_is_not_read(shop: Shop):
    assert shop.post(b"a" * 262_145).status == 413


def test_a_signed_call_of_eleven_minutes_ago_is_refused(shop: Shop):
    form = shop.signed(QUERY, {"out_trade_no": "x"})
    with time_machine.travel(beijing_now() + timedelta(minutes=11)):
        assert shop.post(form).node["sub_code"] == "isv.invalid-timestamp"


def _signature(text: bytes, which: str = "shop") -> str:
    from payments.sandbox.alipay import signing

    return signing.sign(key_pair(which)[0], text)
