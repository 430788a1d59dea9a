"""What Keyway asks of Alipay and makes of every answer, over real HTTP to a gateway that obeys the test."""

import json
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine

from kernel import clock
from kernel.money import Money
from payments.channels import alipay_client
from payments.channels.alipay import Alipay
from payments.channels.base import ActionKind, Charge, ChargeState, RefundAsk, RefundState
from tests.payments.channels import alipay_world as world

NUMBER = "pay_01jdexample00000000000000"
TXN = "2026112222001446880512345678"


def charge(method="alipay.qr", **changes) -> Charge:
    asked = {
        "reference": NUMBER,
        "method": method,
        "amount": Money(8880, "CNY"),
        "subject": "月卡 30 天",
        "notify_url": "https://shop.example/n/abc/",
        "return_url": "https://shop.example/o/abc/",
        "expires_at": clock.now() + timedelta(minutes=15),
    }
    return Charge(**{**asked, **changes})


def refund(amount=880) -> RefundAsk:
    return RefundAsk(NUMBER, "ref_1", Money(amount, "CNY"), Money(8880, "CNY"), "坏卡")


def trade(status="TRADE_SUCCESS", **changes) -> dict[str, str]:
    found = {
        "out_trade_no": NUMBER,
        "trade_no": TXN,
        "trade_status": status,
        "total_amount": "88.80",
        "send_pay_date": "2026-11-22 15:30:01",
    }
    return world.done(**{**found, **changes})


UNCLEAR = {
    "a broken gateway": 502,
    "an empty answer": b"",
    "a page": b"<html>busy</html>",
    "no object": b"[1]",
    "not UTF-8": b"\xff",
    "a signature of somebody else": lambda method: world.answer(method, world.done(), owner="app"),
    "no signature": lambda method: json.dumps({_name(method): world.done()}).encode(),
    "a signature that is a number": lambda method: json.dumps({_name(method): {}, "sign": 0}).encode(),
    "an answer to another question": lambda method: world.answer("alipay.trade.other", world.done()),
    "a name twice": lambda method: world.answer(method, world.done())[:-1] + b',"sign":"x"}',
    "a busy system": world.failed("ACQ.SYSTEM_ERROR"),
    "service unavailable": world.failed("aop.unknow-error", code="20000"),
}


def _name(method):
    return method.replace(".", "_") + "_response"


def unclear(method):
    return [said(method) if callable(said) else said for said in UNCLEAR.values()]


class TestCreate:
    def test_a_code_is_asked_for_and_given(self, gateway, account):
        gateway.answers = [world.done(out_trade_no=NUMBER, qr_code="https://qr.alipay.com/bax1")]
        answer = Alipay().create(account, charge())
        assert answer.state is ChargeState.PENDING
        assert (answer.action.kind, answer.action.value) == (ActionKind.QR, "https://qr.alipay.com/bax1")

    def test_the_gateway_is_told_number_amount_title_and_address(self, gateway, account):
        gateway.answers = [world.done(out_trade_no=NUMBER, qr_code="x")]
        Alipay().create(account, charge())
        [call] = gateway.calls
        assert (call.method, call.query["sign_type"]) == ("alipay.trade.precreate", "RSA2")
        assert call.query["notify_url"] == "https://shop.example/n/abc/"
        assert call.content == {
            "out_trade_no": NUMBER,
            "total_amount": "88.80",
            "subject": "月卡 30 天",
            "timeout_express": "14m",
        }

    def test_the_request_is_dated_in_beijing_wherever_the_server_stands(self, gateway, account):
        gateway.answers = [world.done(out_trade_no=NUMBER, qr_code="x")]
        with time_machine.travel(datetime(2026, 11, 22, 23, 0, 5, tzinfo=UTC), tick=False):
            Alipay().create(account, charge())
        assert gateway.calls[0].query["timestamp"] == "2026-11-23 07:00:05"

    @pytest.mark.parametrize(
        ("method", "api"), [("alipay.page", "alipay.trade.page.pay"), ("alipay.wap", "alipay.trade.wap.pay")]
    )
    def test_a_link_is_signed_here_and_nobody_is_called(self, gateway, account, method, api):
        answer = Alipay().create(account, charge(method))
        address = urlsplit(answer.action.value)
        query = {name: values[0] for name, values in parse_qs(address.query).items()}
        world.signs(world.joined(query, without=("sign",)), query["sign"], "app")
        assert (query["method"], query["return_url"]) == (api, "https://shop.example/o/abc/")
        assert json.loads(query["biz_content"])["total_amount"] == "88.80"
        assert not gateway.calls

    def test_a_link_ends_when_the_order_does(self, account):
        end = datetime(2026, 11, 22, 16, 30, tzinfo=UTC)
        answer = Alipay().create(account, charge("alipay.page", expires_at=end))
        query = parse_qs(urlsplit(answer.action.value).query)
        assert json.loads(query["biz_content"][0])["time_expire"] == "2026-11-23 00:30:00"

    def test_a_title_loses_what_could_part_a_signed_text(self, gateway, account):
        gateway.answers = [world.done(out_trade_no=NUMBER, qr_code="x")]
        Alipay().create(account, charge(subject="a&total_amount=0.01/\nb"))
        assert gateway.calls[0].content["subject"] == "a total_amount 0.01 b"

    @pytest.mark.parametrize("said", unclear("alipay.trade.precreate"), ids=UNCLEAR)
    def test_an_unclear_answer_is_never_called_failed(self, gateway, account, said):
        gateway.answers = [said]
        answer = Alipay().create(account, charge())
        assert (answer.state, answer.action) == (ChargeState.UNKNOWN, None)

    @pytest.mark.parametrize(
        "code", ["ACQ.TRADE_HAS_SUCCESS", "ACQ.TRADE_HAS_CLOSE", "ACQ.CONTEXT_INCONSISTENT"]
    )
    def test_a_number_that_alipay_knows_already_is_not_called_failed(self, gateway, account, code):
        gateway.answers = [world.failed(code)]
        assert Alipay().create(account, charge()).state is ChargeState.UNKNOWN

    @pytest.mark.parametrize("code", ["ACQ.TOTAL_FEE_EXCEED", "ACQ.EXIST_FORBIDDEN_WORD"])
    def test_a_plain_refusal_is_failed(self, gateway, account, code):
        gateway.answers = [world.failed(code)]
        answer = Alipay().create(account, charge())
        assert (answer.state, answer.code) == (ChargeState.FAILED, code)

    def test_a_code_for_another_number_is_not_shown(self, gateway, account):
        gateway.answers = [world.done(out_trade_no="pay_other", qr_code="x")]
        assert Alipay().create(account, charge()).state is ChargeState.UNKNOWN

    @pytest.mark.parametrize("amount", [Money(0, "CNY"), Money(-1, "CNY"), Money(100, "USD")])
    def test_an_amount_that_alipay_cannot_take_never_leaves(self, gateway, account, amount):
        with pytest.raises(ValueError, match="Alipay takes yuan"):
            Alipay().create(account, charge(amount=amount))
        assert not gateway.calls

    def test_a_method_of_nobody_is_refused(self, account):
        with pytest.raises(ValueError, match="no method"):
            Alipay().create(account, charge("alipay.cash"))


class TestQuery:
    @pytest.mark.parametrize("status", ["TRADE_SUCCESS", "TRADE_FINISHED"])
    def test_a_paid_trade_says_what_was_paid_when(self, gateway, account, status):
        gateway.answers = [trade(status)]
        answer = Alipay().query(account, NUMBER)
        assert (answer.state, answer.paid, answer.channel_txn) == (
            ChargeState.SUCCEEDED,
            Money(8880, "CNY"),
            TXN,
        )
        assert answer.paid_at == datetime(2026, 11, 22, 7, 30, 1, tzinfo=UTC)

    @pytest.mark.parametrize(
        ("status", "state"),
        [
            ("WAIT_BUYER_PAY", ChargeState.PENDING),
            ("TRADE_CLOSED", ChargeState.CLOSED),
            ("TRADE_PENDING", ChargeState.UNKNOWN),
        ],
    )
    def test_a_trade_status_means_this(self, gateway, account, status, state):
        gateway.answers = [trade(status)]
        assert Alipay().query(account, NUMBER).state is state

    def test_a_trade_that_alipay_has_never_seen_is_absent(self, gateway, account):
        gateway.answers = [world.failed("ACQ.TRADE_NOT_EXIST")]
        assert Alipay().query(account, NUMBER).state is ChargeState.ABSENT

    def test_an_absence_that_nobody_signed_proves_nothing(self, gateway, account):
        said = {"alipay_trade_query_response": world.failed("ACQ.TRADE_NOT_EXIST")}
        gateway.answers = [json.dumps(said).encode()]
        answer = Alipay().query(account, NUMBER)
        assert (answer.state, answer.code) == (ChargeState.UNKNOWN, "unsigned:ACQ.TRADE_NOT_EXIST")

    @pytest.mark.parametrize(
        "wrong",
        [
            {"out_trade_no": "pay_other"},
            {"total_amount": "88.800"},
            {"total_amount": ""},
            {"trade_no": ""},
        ],
    )
    def test_a_success_that_does_not_fit_proves_nothing(self, gateway, account, wrong):
        gateway.answers = [trade(**wrong)]
        assert Alipay().query(account, NUMBER).state is ChargeState.UNKNOWN

    @pytest.mark.parametrize("said", unclear("alipay.trade.query"), ids=UNCLEAR)
    def test_an_unclear_answer_is_unknown(self, gateway, account, said):
        gateway.answers = [said]
        assert Alipay().query(account, NUMBER).state is ChargeState.UNKNOWN

    def test_braces_and_quotes_in_a_text_do_not_end_the_signed_part(self, gateway, account):
        gateway.answers = [trade(body='}"} {"sign":"')]
        assert Alipay().query(account, NUMBER).state is ChargeState.SUCCEEDED

    def test_spaces_around_the_signed_part_are_not_signed(self, gateway, account):
        raw = json.dumps(trade())
        gateway.answers = [
            f'{{ "sign": "{world.sign(raw)}" , "alipay_trade_query_response" : {raw} }}'.encode()
        ]
        assert Alipay().query(account, NUMBER).state is ChargeState.SUCCEEDED

    def test_a_gateway_that_is_not_there_is_unknown(self, account):
        gone = world.account("https://127.0.0.1/gateway.do")
        answer = Alipay().query(gone, NUMBER)
        assert (answer.state, answer.code) == (ChargeState.UNKNOWN, "web.address_refused")

    @pytest.mark.long
    def test_an_answer_that_never_comes_is_unknown(self, gateway, account):
        answer = Alipay().query(account, NUMBER)
        assert (answer.state, answer.code) == (ChargeState.UNKNOWN, "web.timed_out")


class TestClose:
    def test_a_waiting_trade_is_closed(self, gateway, account):
        gateway.answers = [world.done(out_trade_no=NUMBER, trade_no=TXN)]
        assert Alipay().close(account, NUMBER).state is ChargeState.CLOSED

    def test_a_trade_that_nobody_opened_is_absent(self, gateway, account):
        gateway.answers = [world.failed("ACQ.TRADE_NOT_EXIST")]
        assert Alipay().close(account, NUMBER).state is ChargeState.ABSENT

    def test_closing_a_paid_trade_says_that_it_succeeded(self, gateway, account):
        gateway.answers = [world.failed("ACQ.TRADE_STATUS_ERROR"), trade()]
        answer = Alipay().close(account, NUMBER)
        assert (answer.state, answer.paid) == (ChargeState.SUCCEEDED, Money(8880, "CNY"))

    def test_closing_a_closed_trade_says_closed(self, gateway, account):
        gateway.answers = [world.failed("ACQ.TRADE_STATUS_ERROR"), trade("TRADE_CLOSED")]
        assert Alipay().close(account, NUMBER).state is ChargeState.CLOSED

    @pytest.mark.parametrize("said", unclear("alipay.trade.close"), ids=UNCLEAR)
    def test_an_unclear_answer_is_unknown(self, gateway, account, said):
        gateway.answers = [said]
        assert Alipay().close(account, NUMBER).state is ChargeState.UNKNOWN


class TestRefund:
    def test_a_refund_is_asked_for_under_its_number(self, gateway, account):
        gateway.answers = [world.done(out_trade_no=NUMBER, fund_change="Y", refund_fee="8.80")]
        answer = Alipay().refund(account, refund())
        assert answer.state is RefundState.SUCCEEDED
        assert gateway.calls[0].content == {
            "refund_amount": "8.80",
            "out_trade_no": NUMBER,
            "out_request_no": "ref_1",
            "refund_reason": "坏卡",
        }

    def test_a_repeat_that_moved_nothing_is_asked_about(self, gateway, account):
        gateway.answers = [
            world.done(out_trade_no=NUMBER, fund_change="N"),
            world.done(
                out_trade_no=NUMBER,
                out_request_no="ref_1",
                refund_amount="8.80",
                refund_status="REFUND_SUCCESS",
            ),
        ]
        assert Alipay().refund(account, refund()).state is RefundState.SUCCEEDED
        assert gateway.calls[1].method == "alipay.trade.fastpay.refund.query"

    @pytest.mark.parametrize("code", ["ACQ.SELLER_BALANCE_NOT_ENOUGH", "ACQ.TRADE_HAS_FINISHED"])
    def test_a_refusal_that_moved_nothing_is_failed(self, gateway, account, code):
        gateway.answers = [world.failed(code)]
        answer = Alipay().refund(account, refund())
        assert (answer.state, answer.code) == (RefundState.FAILED, code)

    @pytest.mark.parametrize(
        "said",
        [
            world.failed("ACQ.DISCORDANT_REPEAT_REQUEST"),
            world.failed("ACQ.SOMETHING_NEW"),
            world.failed("ACQ.SELLER_BALANCE_NOT_ENOUGH", code="20000"),
            world.failed("isv.invalid-signature", code="40002"),
        ],
    )
    def test_a_refusal_that_leaves_a_doubt_is_unknown(self, gateway, account, said):
        gateway.answers = [said]
        assert Alipay().refund(account, refund()).state is RefundState.UNKNOWN

    @pytest.mark.parametrize("said", unclear("alipay.trade.refund"), ids=UNCLEAR)
    def test_an_unclear_answer_is_never_called_failed(self, gateway, account, said):
        gateway.answers = [said]
        assert Alipay().refund(account, refund()).state is RefundState.UNKNOWN


class TestRefundQuery:
    def found(self, **changes):
        known = {
            "out_trade_no": NUMBER,
            "out_request_no": "ref_1",
            "refund_amount": "8.80",
            "refund_status": "REFUND_SUCCESS",
        }
        return world.done(**{**known, **changes})

    def test_a_refund_that_was_made_succeeded(self, gateway, account):
        gateway.answers = [self.found()]
        assert Alipay().query_refund(account, refund()).state is RefundState.SUCCEEDED

    def test_an_empty_answer_means_that_the_number_is_unused(self, gateway, account):
        gateway.answers = [world.done()]
        assert Alipay().query_refund(account, refund()).state is RefundState.ABSENT

    @pytest.mark.parametrize(
        "wrong",
        [
            {"out_request_no": "ref_2"},
            {"out_trade_no": "pay_other"},
            {"refund_amount": "8.81"},
            {"refund_status": "REFUND_PROCESSING"},
        ],
    )
    def test_a_refund_that_does_not_fit_is_unknown(self, gateway, account, wrong):
        gateway.answers = [self.found(**wrong)]
        assert Alipay().query_refund(account, refund()).state is RefundState.UNKNOWN

    @pytest.mark.parametrize("said", unclear("alipay.trade.fastpay.refund.query"), ids=UNCLEAR)
    def test_an_unclear_answer_is_unknown(self, gateway, account, said):
        gateway.answers = [said]
        assert Alipay().query_refund(account, refund()).state is RefundState.UNKNOWN


class TestClient:
    def test_one_client_serves_one_version_of_an_account(self, account):
        assert alipay_client.client_of(account) is alipay_client.client_of(account)

    def test_new_credentials_make_a_new_client(self, account):
        renewed = type(account)(**{**_parts(account), "version": 2})
        assert alipay_client.client_of(renewed) is not alipay_client.client_of(account)


def _parts(account):
    return {name: getattr(account, name) for name in account.__slots__}
