"""Trades are made once for each order number, live until their time is up, and open in the cashier."""

from datetime import timedelta

import pytest
import time_machine

from payments.sandbox.models import Trade
from tests.payments.sandbox.shop import Shop, beijing_now, order_number

PRECREATE = "alipay.trade.precreate"


def _terms(number: str, **changed: object) -> dict[str, object]:
    return {"out_trade_no": number, "total_amount": "12.34", "subject": "礼品卡 100", **changed}


def test_the_same_order_again_gets_the_same_code(shop: Shop):
    number, code = shop.precreate()
    assert shop.call(PRECREATE, **_terms(number))["qr_code"] == code
    assert Trade.objects.count() == 1


@pytest.mark.parametrize("changed", [{"total_amount": "12.35"}, {"subject": "别的"}])
def test_the_same_number_on_other_terms_is_refused(shop: Shop, changed: dict[str, object]):
    number, _ = shop.precreate()
    assert shop.call(PRECREATE, **_terms(number, **changed))["sub_code"] == "ACQ.CONTEXT_INCONSISTENT"


def test_a_paid_order_is_not_made_again(shop: Shop):
    number, cashier = shop.precreate()
    shop.pay(cashier)
    assert shop.call(PRECREATE, **_terms(number))["sub_code"] == "ACQ.TRADE_HAS_SUCCESS"


def test_a_closed_order_is_not_made_again(shop: Shop):
    number, cashier = shop.precreate()
    shop.fetch(cashier)
    shop.call("alipay.trade.close", out_trade_no=number)
    assert shop.call(PRECREATE, **_terms(number))["sub_code"] == "ACQ.TRADE_HAS_CLOSE"


@pytest.mark.parametrize(
    "changed",
    [
        {"total_amount": "0"},
        {"total_amount": "0.001"},
        {"total_amount": "-1"},
        {"total_amount": "1e3"},
        {"total_amount": "NaN"},
        {"total_amount": "100000000.01"},
        {"total_amount": None},
        {"subject": ""},
        {"subject": 5},
        {"out_trade_no": "a/b"},
        {"out_trade_no": "a" * 65},
        {"out_trade_no": 5},
        {"seller_id": "2088000000000000"},
        {"timeout_express": "5x"},
        {"timeout_express": "1.5h"},
        {"time_expire": "2020-01-01 00:00:00"},
        {"time_expire": "tomorrow"},
    ],
)
def test_terms_that_make_no_sense_are_refused(shop: Shop, changed: dict[str, object]):
    refused = shop.call(PRECREATE, **_terms(order_number(), **changed))
    assert (refused["code"], refused["sub_code"]) == ("40004", "ACQ.INVALID_PARAMETER")
    assert not Trade.objects.exists()


@pytest.mark.parametrize(("given", "fen"), [("8.8", 880), ("88", 8800), (0.1, 10), (3, 300), ("0.01", 1)])
def test_an_amount_may_be_written_short_or_as_a_number(shop: Shop, given: object, fen: int):
    shop.call(PRECREATE, **_terms(order_number(), total_amount=given))
    assert Trade.objects.get().total_fen == fen


def test_a_trade_is_closed_when_its_absolute_time_is_up(shop: Shop):
    until = beijing_now() + timedelta(minutes=5)
    number, cashier = shop.precreate(time_expire=until.strftime("%Y-%m-%d %H:%M:%S"))
    shop.fetch(cashier)
    with time_machine.travel(until + timedelta(seconds=1)):
        assert shop.query(number)["trade_status"] == "TRADE_CLOSED"


def test_a_trade_is_closed_when_its_relative_time_is_up(shop: Shop):
    number, cashier = shop.precreate(timeout_express="15m")
    shop.fetch(cashier)
    with time_machine.travel(beijing_now() + timedelta(minutes=14)):
        assert shop.query(number)["trade_status"] == "WAIT_BUYER_PAY"
    with time_machine.travel(beijing_now() + timedelta(minutes=15, seconds=5)):
        assert shop.query(number)["trade_status"] == "TRADE_CLOSED"


def test_a_trade_that_is_good_for_today_ends_at_midnight_in_beijing(shop: Shop):
    with time_machine.travel("2026-11-22T23:59:00+08:00"):
        number, cashier = shop.precreate(timeout_express="1c")
        shop.fetch(cashier)
    with time_machine.travel("2026-11-23T00:00:01+08:00"):
        assert shop.query(number)["trade_status"] == "TRADE_CLOSED"


def test_an_expired_trade_cannot_be_paid(shop: Shop):
    number, cashier = shop.precreate(timeout_express="1m")
    shop.fetch(cashier)
    with time_machine.travel(beijing_now() + timedelta(minutes=2)):
        shop.fetch(cashier, {"ending": "pay"})
        assert shop.query(number)["trade_status"] == "TRADE_CLOSED"


@pytest.mark.parametrize("method", ["page", "wap"])
def test_a_page_payment_leads_the_browser_to_the_cashier(shop: Shop, method: str):
    number, link = shop.page(method=method)
    answer = shop.fetch(link)
    trade = Trade.objects.get(out_trade_no=number)
    assert answer.status == 302
    assert answer.headers["Location"] == f"/cashier/{trade.token}/"
    assert trade.product == method


def test_a_page_payment_may_come_as_a_form(shop: Shop):
    _, link = shop.page()
    answer = shop.post(link.partition("?")[2].encode())
    assert answer.status == 302


def test_opening_the_signed_link_twice_makes_one_trade(shop: Shop):
    _, link = shop.page()
    assert shop.fetch(link).headers["Location"] == shop.fetch(link).headers["Location"]


def test_a_page_payment_does_not_exist_until_the_cashier_is_seen(shop: Shop):
    number, link = shop.page()
    place = shop.fetch(link).headers["Location"]
    assert shop.query(number)["sub_code"] == "ACQ.TRADE_NOT_EXIST"
    shop.fetch(shop.url + place)
    assert shop.query(number)["trade_status"] == "WAIT_BUYER_PAY"


def test_a_forged_page_payment_gets_a_page_that_says_why(shop: Shop):
    _, link = shop.page("12.34")
    answer = shop.fetch(link.replace("12.34", "0.01"))
    assert answer.status == 200
    assert "isv.invalid-signature" in answer.text
    assert not Trade.objects.exists()


def test_a_signed_link_still_opens_an_hour_later_but_not_the_next_day(shop: Shop):
    _, link = shop.page()
    with time_machine.travel(beijing_now() + timedelta(hours=1)):
        assert shop.fetch(link).status == 302
    with time_machine.travel(beijing_now() + timedelta(days=1)):
        assert "isv.invalid-timestamp" in shop.fetch(link).text


def test_close_ends_what_waits(shop: Shop):
    number, cashier = shop.precreate()
    shop.fetch(cashier)
    closed = shop.call("alipay.trade.close", out_trade_no=number)
    assert (closed["code"], closed["out_trade_no"]) == ("10000", number)
    assert shop.query(number)["trade_status"] == "TRADE_CLOSED"


def test_close_does_not_know_a_code_that_nobody_has_scanned_and_it_stays_payable(shop: Shop):
    number, cashier = shop.precreate()
    assert shop.call("alipay.trade.close", out_trade_no=number)["sub_code"] == "ACQ.TRADE_NOT_EXIST"
    shop.pay(cashier)
    assert shop.query(number)["trade_status"] == "TRADE_SUCCESS"


def test_close_refuses_what_is_paid(shop: Shop):
    number, cashier = shop.precreate()
    shop.pay(cashier)
    assert shop.call("alipay.trade.close", out_trade_no=number)["sub_code"] == "ACQ.TRADE_STATUS_ERROR"
    assert shop.query(number)["trade_status"] == "TRADE_SUCCESS"


def test_cancel_kills_a_code_that_nobody_has_scanned(shop: Shop):
    number, cashier = shop.precreate()
    answer = shop.call("alipay.trade.cancel", out_trade_no=number)
    assert (answer["action"], answer["retry_flag"]) == ("close", "N")
    shop.pay(cashier)
    assert Trade.objects.get(out_trade_no=number).paid_at is None


def test_cancel_is_content_with_an_order_that_never_was(shop: Shop):
    answer = shop.call("alipay.trade.cancel", out_trade_no="never")
    assert answer["code"] == "10000"
    assert "action" not in answer


def test_cancel_gives_back_what_was_paid_and_says_so_again(shop: Shop):
    number, cashier = shop.precreate()
    shop.pay(cashier)
    first = shop.call("alipay.trade.cancel", out_trade_no=number)
    again = shop.call("alipay.trade.cancel", out_trade_no=number)
    assert first["action"] == again["action"] == "refund"
    assert Trade.objects.get(out_trade_no=number).refunded_fen == 1234
