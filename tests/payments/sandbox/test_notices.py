"""The merchant's server is told of every change, eight times over 25 hours, until it says `success`."""

import json
import threading
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.db import connections, transaction

from payments.sandbox import notifier
from payments.sandbox.alipay import notices, trades
from payments.sandbox.models import Notice, NoticeSend, Trade
from tests.payments.sandbox.ear import Ear
from tests.payments.sandbox.shop import SELLER, Shop

SECOND = timedelta(seconds=1)


def _now() -> datetime:
    return datetime.now(UTC)


def _paid(shop: Shop, ear: Ear, ending: str = "pay", **more: Any) -> str:
    """A page payment that its buyer has ended so, and nothing sent yet."""
    number, link = shop.page(notify_url=ear.url, return_url="http://shop.example/back", **more)
    shop.pay(shop.url + shop.fetch(link).headers["Location"], ending, seconds="30")
    return number


def _send(moment: datetime | None = None) -> None:
    notifier.perform_due(moment or _now())


def test_a_payment_is_told_with_all_that_alipay_tells(shop: Shop, ear: Ear):
    number = _paid(shop, ear, body="说明", passback_params="a=1&b=2")
    _send()
    [told] = ear.heard
    trade = Trade.objects.get()
    assert told["notify_type"] == "trade_status_sync"
    assert (told["trade_status"], told["out_trade_no"], told["trade_no"]) == (
        "TRADE_SUCCESS",
        number,
        trade.trade_no,
    )
    assert (told["app_id"], told["auth_app_id"], told["seller_id"]) == (shop.app_id, shop.app_id, SELLER)
    amounts = ["total_amount", "receipt_amount", "invoice_amount", "buyer_pay_amount"]
    assert {told[name] for name in amounts} == {"12.34"}
    assert json.loads(told["fund_bill_list"]) == [{"amount": "12.34", "fundChannel": "ALIPAYACCOUNT"}]
    assert "***@" in told["buyer_logon_id"]
    assert (told["subject"], told["body"], told["passback_params"]) == ("礼品卡 100", "说明", "a=1&b=2")
    assert (told["charset"], told["version"], told["sign_type"]) == ("utf-8", "1.0", "RSA2")
    assert {"notify_id", "gmt_create", "gmt_payment", "notify_time", "buyer_id", "seller_email"} <= set(told)
    assert "refund_fee" not in told
    assert all(told.values())


def test_a_notification_is_a_form_that_the_published_sdk_believes(shop: Shop, ear: Ear):
    _paid(shop, ear)
    _send()
    assert ear.types == ["application/x-www-form-urlencoded; charset=utf-8"]
    assert shop.verifies(ear.heard[0])


def test_a_notification_is_no_longer_believed_when_any_field_is_changed(shop: Shop, ear: Ear):
    _paid(shop, ear)
    _send()
    told = ear.heard[0]
    changed = [
        {**told, name: value + "0"} for name, value in told.items() if name not in ("sign", "sign_type")
    ]
    assert len(changed) > 20
    assert not any(shop.verifies(form) for form in changed)


def test_times_are_beijings(shop: Shop, ear: Ear):
    _paid(shop, ear)
    _send()
    paid_at = Trade.objects.get().paid_at
    assert ear.heard[0]["gmt_payment"] == (paid_at + timedelta(hours=8)).strftime("%Y-%m-%d %H:%M:%S")


def test_after_success_nothing_is_sent_again(shop: Shop, ear: Ear):
    _paid(shop, ear)
    _send()
    _send(_now() + timedelta(days=2))
    assert len(ear.heard) == 1
    assert Notice.objects.get().accepted_at is not None


def test_without_success_it_is_sent_eight_times_over_25_hours(shop: Shop, ear: Ear):
    ear.says = [(200, b"fail")]
    _paid(shop, ear)
    start = Notice.objects.get().due_at
    minutes = [0, 4, 14, 24, 84, 204, 564, 1464]
    for count, minute in enumerate(minutes, 1):
        _send(start + timedelta(minutes=minute) - SECOND)
        assert len(ear.heard) == count - 1
        _send(start + timedelta(minutes=minute))
        assert len(ear.heard) == count
    _send(start + timedelta(days=30))
    assert len(ear.heard) == 8
    assert len({told["notify_id"] for told in ear.heard}) == 1


@pytest.mark.parametrize(
    "answer", [(200, b"SUCCESS"), (200, b"success\n"), (200, b'"success"'), (200, b""), (500, b"success")]
)
def test_only_the_literal_success_with_status_200_is_one(shop: Shop, ear: Ear, answer: tuple[int, bytes]):
    ear.says = [answer]
    _paid(shop, ear)
    _send()
    assert Notice.objects.get().accepted_at is None
    assert NoticeSend.objects.get().status == answer[0]


def test_a_server_that_is_away_is_told_later(shop: Shop, ear: Ear, settings: Any):
    _paid(shop, ear)
    settings.KEYWAY_OUTGOING_ALLOW = ()
    _send()
    assert NoticeSend.objects.get().status is None
    settings.KEYWAY_OUTGOING_ALLOW = (ear.pair,)
    _send(_now() + timedelta(minutes=4, seconds=5))
    assert len(ear.heard) == 1


def test_what_a_dead_sender_had_taken_is_sent_by_another(shop: Shop, ear: Ear):
    _paid(shop, ear)
    assert notifier._take(_now()) is not None
    _send()
    assert ear.heard == []
    _send(_now() + timedelta(seconds=31))
    assert len(ear.heard) == 1


def test_what_one_sender_is_taking_another_passes_by(far_shop: Shop, ear: Ear):
    _paid(far_shop, ear)
    found: list[bool] = []

    def send() -> None:
        found.append(notifier.send_next(_now()))
        connections.close_all()

    with transaction.atomic():
        Notice.objects.select_for_update().get()
        other = threading.Thread(target=send)
        other.start()
        other.join(10)
        assert found == [False]
    assert ear.heard == []


def test_eight_senders_at_once_send_it_once(far_shop: Shop, ear: Ear):
    _paid(far_shop, ear)
    start, moment = threading.Barrier(8), _now()

    def send() -> None:
        start.wait(10)
        notifier.perform_due(moment)
        connections.close_all()

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(ear.heard) == 1


def test_twice_is_the_same_notification_word_for_word(shop: Shop, ear: Ear):
    _paid(shop, ear, "twice")
    _send()
    first, second = ({**told, "notify_time": "", "sign": ""} for told in ear.heard)
    assert first == second


def test_late_is_told_only_after_its_seconds(shop: Shop, ear: Ear):
    _paid(shop, ear, "late")
    _send(_now() + timedelta(seconds=28))
    assert ear.heard == []
    _send(_now() + timedelta(seconds=31))
    assert ear.heard[0]["trade_status"] == "TRADE_SUCCESS"


def test_out_of_order_an_older_state_comes_last(shop: Shop, ear: Ear):
    _paid(shop, ear, "shuffled")
    _send()
    _send(_now() + timedelta(seconds=2))
    assert [told["trade_status"] for told in ear.heard] == [
        "TRADE_SUCCESS",
        "TRADE_SUCCESS",
        "WAIT_BUYER_PAY",
    ]
    assert "gmt_payment" not in ear.heard[2]
    assert all(shop.verifies(told) for told in ear.heard)


def test_a_wrong_amount_is_truly_signed_and_the_query_says_the_same(shop: Shop, ear: Ear):
    number = _paid(shop, ear, "wrong_amount")
    _send()
    assert shop.verifies(ear.heard[0])
    assert ear.heard[0]["total_amount"] == shop.query(number)["total_amount"] == "12.35"


def test_a_wrong_signature_is_believed_by_nobody_and_the_query_says_paid(shop: Shop, ear: Ear):
    number = _paid(shop, ear, "wrong_signature")
    _send()
    assert not shop.verifies(ear.heard[0])
    assert shop.query(number)["trade_status"] == "TRADE_SUCCESS"


def test_silence_is_paid_and_tells_nobody(shop: Shop, ear: Ear):
    number = _paid(shop, ear, "silence")
    _send(_now() + timedelta(days=2))
    assert ear.heard == []
    assert shop.query(number)["trade_status"] == "TRADE_SUCCESS"


@pytest.mark.parametrize("ending", ["fail", "cancel"])
def test_a_failed_try_tells_nobody_and_leaves_the_trade_waiting(shop: Shop, ear: Ear, ending: str):
    number = _paid(shop, ear, ending)
    _send()
    assert ear.heard == []
    assert shop.query(number)["trade_status"] == "WAIT_BUYER_PAY"


def test_a_scanned_code_is_told_as_waiting(shop: Shop, ear: Ear):
    _, cashier = shop.precreate(notify_url=ear.url)
    shop.fetch(cashier)
    shop.fetch(cashier)
    _send()
    assert [told["trade_status"] for told in ear.heard] == ["WAIT_BUYER_PAY"]


def test_a_partial_refund_is_told_as_success_with_what_went_back(shop: Shop, ear: Ear):
    number = _paid(shop, ear)
    shop.call("alipay.trade.refund", out_trade_no=number, refund_amount="2.00", out_request_no="r1")
    _send()
    told = ear.heard[1]
    assert (told["trade_status"], told["refund_fee"], told["out_biz_no"]) == ("TRADE_SUCCESS", "2.00", "r1")
    assert told["total_amount"] == "12.34"
    assert told["gmt_refund"]
    assert shop.verifies(told)


def test_a_whole_refund_is_told_as_closed_with_what_went_back(shop: Shop, ear: Ear):
    number = _paid(shop, ear)
    shop.call("alipay.trade.refund", out_trade_no=number, refund_amount="12.34")
    _send()
    told = ear.heard[1]
    assert (told["trade_status"], told["refund_fee"]) == ("TRADE_CLOSED", "12.34")
    assert told["gmt_payment"]
    assert told["gmt_close"]


def test_a_repeated_refund_is_not_told_again(shop: Shop, ear: Ear):
    number = _paid(shop, ear)
    for _ in range(2):
        shop.call("alipay.trade.refund", out_trade_no=number, refund_amount="2.00", out_request_no="r1")
    _send()
    assert len(ear.heard) == 2


def test_a_closed_trade_is_told_without_any_payment(shop: Shop, ear: Ear):
    number = _paid(shop, ear, "cancel")
    shop.call("alipay.trade.close", out_trade_no=number)
    _send()
    [told] = ear.heard
    assert told["trade_status"] == "TRADE_CLOSED"
    assert not {"gmt_payment", "refund_fee", "receipt_amount"} & set(told)


def test_an_expired_trade_is_closed_by_itself_and_told(shop: Shop, ear: Ear):
    _paid(shop, ear, "cancel", timeout_express="1m")
    _send(_now() + timedelta(minutes=2))
    assert ear.heard[0]["trade_status"] == "TRADE_CLOSED"


def test_a_finished_trade_is_told(shop: Shop, ear: Ear):
    _paid(shop, ear)
    trades.finish(Trade.objects.get())
    _send()
    assert [told["trade_status"] for told in ear.heard] == ["TRADE_SUCCESS", "TRADE_FINISHED"]


def test_without_an_address_nothing_is_told(shop: Shop):
    _, cashier = shop.precreate()
    shop.pay(cashier)
    assert not Notice.objects.exists()


def test_the_way_back_is_signed(shop: Shop, ear: Ear):
    number = _paid(shop, ear)
    back = dict(parse_qsl(urlsplit(notices.return_address(Trade.objects.get())).query))
    assert back["method"] == "alipay.trade.page.pay.return"
    assert (back["out_trade_no"], back["total_amount"], back["seller_id"]) == (number, "12.34", SELLER)
    assert shop.verifies(back)


def test_a_resend_goes_out_at_once_and_again_after_success(shop: Shop, ear: Ear):
    _paid(shop, ear)
    _send()
    notifier.resend(Notice.objects.get())
    _send()
    assert len(ear.heard) == 2
    assert ear.heard[0]["notify_id"] == ear.heard[1]["notify_id"]
