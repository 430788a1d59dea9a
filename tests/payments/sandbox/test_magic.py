"""The cents of an amount decide what happens without a buyer, for apps that ask for it and for no others."""

from datetime import UTC, datetime, timedelta

import pytest

from payments.sandbox import notifier
from payments.sandbox.models import Fault, Notice, Play, Trade
from tests.payments.sandbox.shop import Shop


def _after(seconds: float) -> None:
    notifier.perform_due(datetime.now(UTC) + timedelta(seconds=seconds))


def test_ordinary_apps_know_no_magic(shop: Shop):
    shop.precreate("10.00")
    assert not Play.objects.exists()


def test_whole_yuan_are_paid_after_a_second(magic_shop: Shop):
    number, _ = magic_shop.precreate("10.00")
    _after(0)
    assert Trade.objects.get().paid_at is None
    _after(2)
    assert magic_shop.query(number)["trade_status"] == "TRADE_SUCCESS"


@pytest.mark.parametrize(
    ("amount", "failure"),
    [
        ("10.01", "insufficient_funds"),
        ("10.02", "issuer_declined"),
        ("10.03", "risk_blocked_channel"),
        ("10.04", "user_cancelled"),
    ],
)
def test_some_cents_fail_and_leave_the_trade_waiting(magic_shop: Shop, amount: str, failure: str):
    number, _ = magic_shop.precreate(amount)
    _after(2)
    assert Trade.objects.get().failure == failure
    assert magic_shop.query(number)["trade_status"] == "WAIT_BUYER_PAY"


def test_five_cents_wait_for_ever(magic_shop: Shop):
    magic_shop.precreate("10.05")
    _after(3600)
    assert Trade.objects.get().status == "WAIT_BUYER_PAY"


def test_six_cents_are_paid_after_thirty_seconds(magic_shop: Shop):
    magic_shop.precreate("10.06")
    _after(29)
    assert Trade.objects.get().paid_at is None
    _after(31)
    assert Trade.objects.get().paid_at is not None


def test_seven_cents_are_paid_after_the_time_is_up(magic_shop: Shop):
    number, _ = magic_shop.precreate("10.07", timeout_express="1m", notify_url="http://shop.example/n")
    _after(62)
    assert Trade.objects.get().status == "TRADE_CLOSED"
    _after(66)
    assert magic_shop.query(number)["trade_status"] == "TRADE_SUCCESS"
    assert Notice.objects.get().facts["trade_status"] == "TRADE_SUCCESS"


def test_eight_cents_are_told_twice_and_out_of_order(magic_shop: Shop):
    magic_shop.page("10.08")
    magic_shop.precreate("10.08", notify_url="http://shop.example/n")
    _after(2)
    told = [notice.facts["trade_status"] for notice in Notice.objects.order_by("due_at", "id")]
    assert sorted(told) == ["TRADE_SUCCESS", "TRADE_SUCCESS", "WAIT_BUYER_PAY", "WAIT_BUYER_PAY"]


def test_nine_cents_are_answered_too_late_and_paid_in_silence(magic_shop: Shop):
    number = "pay_nine"
    Fault.objects.create(prefix=number, kind="timeout", seconds=0)
    terms = {"out_trade_no": number, "total_amount": "10.09", "subject": "卡"}
    magic_shop.sdk.server_api("alipay.trade.precreate", terms, notify_url="http://shop.example/n")
    assert Fault.objects.filter(prefix=number, kind="timeout", left=1, seconds=20).exists()
    _after(2)
    assert magic_shop.query(number)["trade_status"] == "TRADE_SUCCESS"


def test_ten_cents_are_paid_with_one_fen_too_much(magic_shop: Shop):
    number, _ = magic_shop.precreate("10.10")
    _after(2)
    assert magic_shop.query(number)["total_amount"] == "10.11"


def test_eighteen_cents_cannot_be_refunded(magic_shop: Shop):
    number, _ = magic_shop.precreate("10.18")
    _after(2)
    answer = magic_shop.call("alipay.trade.refund", out_trade_no=number, refund_amount="10.18")
    assert answer["sub_code"] == "ACQ.SELLER_BALANCE_NOT_ENOUGH"


def test_nineteen_cents_are_refunded_without_an_answer_and_found_a_minute_later(magic_shop: Shop):
    number, _ = magic_shop.precreate("10.19")
    _after(2)
    terms = {"out_trade_no": number, "refund_amount": "1.00", "out_request_no": "r1"}
    refund, found = "alipay.trade.refund", "alipay.trade.fastpay.refund.query"
    assert magic_shop.call(refund, **terms)["code"] == "20000"
    assert "refund_status" not in magic_shop.call(found, out_trade_no=number, out_request_no="r1")
    assert magic_shop.call(refund, **terms)["code"] == "20000"
    Trade.objects.get().refunds.update(done_at=datetime.now(UTC))
    assert magic_shop.call(found, out_trade_no=number, out_request_no="r1")["refund_amount"] == "1.00"
    assert magic_shop.call(refund, **terms)["fund_change"] == "N"
    assert Trade.objects.get().refunded_fen == 100
