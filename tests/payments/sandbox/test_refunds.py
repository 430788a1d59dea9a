"""A refund number is good for exactly one refund, and never more goes back than came."""

import threading

import pytest

from payments.sandbox.alipay import trades
from payments.sandbox.models import AlipayApp, Refund, Trade
from tests.payments.sandbox.shop import Shop

REFUND, FOUND = "alipay.trade.refund", "alipay.trade.fastpay.refund.query"


@pytest.fixture
def paid(shop: Shop) -> str:
    """The number of a paid order over 12.34."""
    number, cashier = shop.precreate("12.34")
    shop.pay(cashier)
    return number


def test_a_whole_refund_closes_the_trade(shop: Shop, paid: str):
    answer = shop.call(REFUND, out_trade_no=paid, refund_amount="12.34")
    assert (answer["code"], answer["fund_change"], answer["refund_fee"]) == ("10000", "Y", "12.34")
    assert shop.query(paid)["trade_status"] == "TRADE_CLOSED"


def test_a_part_leaves_the_trade_as_it_is(shop: Shop, paid: str):
    shop.call(REFUND, out_trade_no=paid, refund_amount="2.00", out_request_no="r1")
    assert shop.query(paid)["trade_status"] == "TRADE_SUCCESS"


def test_the_answer_names_all_that_went_back_so_far(shop: Shop, paid: str):
    shop.call(REFUND, out_trade_no=paid, refund_amount="2.00", out_request_no="r1")
    answer = shop.call(REFUND, out_trade_no=paid, refund_amount="3.00", out_request_no="r2")
    assert answer["refund_fee"] == "5.00"


def test_the_same_number_again_moves_nothing_and_says_so(shop: Shop, paid: str):
    shop.call(REFUND, out_trade_no=paid, refund_amount="2.00", out_request_no="r1")
    answer = shop.call(REFUND, out_trade_no=paid, refund_amount="2.00", out_request_no="r1")
    assert (answer["code"], answer["fund_change"], answer["refund_fee"]) == ("10000", "N", "2.00")
    assert Trade.objects.get().refunded_fen == 200


def test_the_same_number_over_another_amount_is_refused(shop: Shop, paid: str):
    shop.call(REFUND, out_trade_no=paid, refund_amount="2.00", out_request_no="r1")
    answer = shop.call(REFUND, out_trade_no=paid, refund_amount="3.00", out_request_no="r1")
    assert answer["sub_code"] == "ACQ.DISCORDANT_REPEAT_REQUEST"


def test_the_number_of_a_whole_refund_answers_after_the_trade_is_closed(shop: Shop, paid: str):
    shop.call(REFUND, out_trade_no=paid, refund_amount="12.34", out_request_no="r1")
    answer = shop.call(REFUND, out_trade_no=paid, refund_amount="12.34", out_request_no="r1")
    assert (answer["code"], answer["fund_change"]) == ("10000", "N")


def test_no_more_goes_back_than_is_left(shop: Shop, paid: str):
    shop.call(REFUND, out_trade_no=paid, refund_amount="12.00", out_request_no="r1")
    answer = shop.call(REFUND, out_trade_no=paid, refund_amount="0.35", out_request_no="r2")
    assert (answer["code"], answer["sub_code"]) == ("40004", "ACQ.REASON_TRADE_REFUND_FEE_ERR")
    assert Refund.objects.count() == 1


def test_nothing_goes_back_twice_after_all_went_back(shop: Shop, paid: str):
    shop.call(REFUND, out_trade_no=paid, refund_amount="12.34")
    answer = shop.call(REFUND, out_trade_no=paid, refund_amount="1.00", out_request_no="r2")
    assert answer["sub_code"] == "ACQ.REASON_TRADE_REFUND_FEE_ERR"


def test_a_part_without_a_number_of_its_own_is_refused(shop: Shop, paid: str):
    assert shop.call(REFUND, out_trade_no=paid, refund_amount="1.00")["sub_code"] == "ACQ.INVALID_PARAMETER"


@pytest.mark.parametrize("amount", ["0", "-1", "1.001", "", None])
def test_an_amount_that_is_none_is_refused(shop: Shop, paid: str, amount: str | None):
    answer = shop.call(REFUND, out_trade_no=paid, refund_amount=amount, out_request_no="r1")
    assert answer["sub_code"] == "ACQ.INVALID_PARAMETER"


def test_what_is_unpaid_cannot_be_refunded(shop: Shop):
    number, cashier = shop.precreate()
    shop.fetch(cashier)
    answer = shop.call(REFUND, out_trade_no=number, refund_amount="12.34")
    assert answer["sub_code"] == "ACQ.TRADE_STATUS_ERROR"


def test_what_was_closed_unpaid_cannot_be_refunded(shop: Shop):
    number, cashier = shop.precreate()
    shop.fetch(cashier)
    shop.call("alipay.trade.close", out_trade_no=number)
    answer = shop.call(REFUND, out_trade_no=number, refund_amount="12.34")
    assert answer["sub_code"] == "ACQ.TRADE_HAS_CLOSE"


def test_what_is_finished_cannot_be_refunded(shop: Shop, paid: str):
    trades.finish(Trade.objects.get(out_trade_no=paid))
    answer = shop.call(REFUND, out_trade_no=paid, refund_amount="12.34")
    assert answer["sub_code"] == "ACQ.TRADE_HAS_FINISHED"
    assert shop.query(paid)["trade_status"] == "TRADE_FINISHED"


def test_what_does_not_exist_cannot_be_refunded(shop: Shop):
    answer = shop.call(REFUND, out_trade_no="never", refund_amount="1.00")
    assert answer["sub_code"] == "ACQ.TRADE_NOT_EXIST"


def test_a_seller_without_money_refunds_nothing(shop: Shop, paid: str):
    AlipayApp.objects.update(broke=True)
    answer = shop.call(REFUND, out_trade_no=paid, refund_amount="12.34")
    assert answer["sub_code"] == "ACQ.SELLER_BALANCE_NOT_ENOUGH"
    assert not Refund.objects.exists()


def test_the_query_finds_a_refund_by_its_number(shop: Shop, paid: str):
    shop.call(REFUND, out_trade_no=paid, refund_amount="2.00", out_request_no="r1")
    found = shop.call(FOUND, out_trade_no=paid, out_request_no="r1")
    assert (found["refund_status"], found["refund_amount"], found["total_amount"]) == (
        "REFUND_SUCCESS",
        "2.00",
        "12.34",
    )
    assert "gmt_refund_pay" not in found


def test_the_query_tells_the_time_of_a_refund_only_when_asked(shop: Shop, paid: str):
    shop.call(REFUND, out_trade_no=paid, refund_amount="2.00", out_request_no="r1")
    found = shop.call(FOUND, out_trade_no=paid, out_request_no="r1", query_options=["gmt_refund_pay"])
    assert len(found["gmt_refund_pay"]) == len("2026-11-22 23:59:59")


def test_the_query_says_yes_and_nothing_more_about_a_refund_that_never_was(shop: Shop, paid: str):
    assert shop.call(FOUND, out_trade_no=paid, out_request_no="r1") == {"code": "10000", "msg": "Success"}


def test_eight_threads_that_ask_for_all_of_it_get_it_once(far_shop: Shop):
    number, cashier = far_shop.precreate("12.34")
    far_shop.pay(cashier)
    start, answers = threading.Barrier(8), []

    def ask(place: int) -> None:
        start.wait(10)
        terms = {"out_trade_no": number, "refund_amount": "12.34", "out_request_no": f"r{place}"}
        answers.append(far_shop.call(REFUND, **terms))

    threads = [threading.Thread(target=ask, args=[place]) for place in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(answer["code"] for answer in answers) == ["10000", *["40004"] * 7]
    assert Trade.objects.get().refunded_fen == 1234
