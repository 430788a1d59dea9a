"""Notifications of Alipay: the genuine ones are understood, and every other one is refused."""

from datetime import UTC, datetime
from urllib.parse import quote_plus

import pytest
from cryptography.hazmat.primitives import hashes

from kernel.money import Money
from payments.channels.alipay import Alipay
from payments.channels.base import ChargeState
from payments.channels.news import NoticeRefused
from tests.payments.channels import alipay_world as world

REFUND = {"refund_fee": "8.80", "gmt_refund": "2026-11-23 10:00:00.123", "out_biz_no": "ref_1"}


@pytest.fixture(scope="module")
def account():
    return world.account()


def read(account, request):
    return Alipay().read_notice(account, request)


def refused(account, request) -> str:
    with pytest.raises(NoticeRefused) as refusal:
        read(account, request)
    return refusal.value.context["why"]


class TestGenuine:
    def test_a_payment_is_understood(self, account):
        said = read(account, world.paid())
        assert (said.state, said.amount) == (ChargeState.SUCCEEDED, Money(8880, "CNY"))
        assert (said.reference, said.channel_txn) == (world.PAID["out_trade_no"], world.PAID["trade_no"])

    def test_its_time_is_beijings(self, account):
        assert read(account, world.paid()).occurred_at == datetime(2026, 11, 22, 7, 30, 1, tzinfo=UTC)

    def test_its_key_is_the_notifications_own_number(self, account):
        assert read(account, world.paid()).key == world.PAID["notify_id"]

    def test_a_repeat_carries_the_same_key(self, account):
        again = world.paid(notify_time="2026-11-23 16:30:02")
        assert read(account, again).key == read(account, world.paid()).key

    def test_the_signature_is_not_kept(self, account):
        assert not {"sign", "sign_type"} & read(account, world.paid()).fields.keys()

    def test_a_form_without_a_charset_in_its_type_is_read(self, account):
        request = world.notice(world.signed(world.PAID), "application/x-www-form-urlencoded")
        assert read(account, request).state is ChargeState.SUCCEEDED

    def test_an_ampersand_that_names_nothing_is_part_of_a_value(self, account):
        assert read(account, world.paid(voucher_detail_list='[{"name":"H&M"}]'))

    @pytest.mark.parametrize(
        ("word", "state"),
        [
            ("TRADE_SUCCESS", ChargeState.SUCCEEDED),
            ("TRADE_FINISHED", ChargeState.SUCCEEDED),
            ("TRADE_CLOSED", ChargeState.CLOSED),
            ("WAIT_BUYER_PAY", ChargeState.PENDING),
            ("TRADE_PENDING", ChargeState.UNKNOWN),
            ("trade_success", ChargeState.UNKNOWN),
            ("", ChargeState.UNKNOWN),
        ],
    )
    def test_a_trade_status_means_this(self, account, word, state):
        assert read(account, world.paid(trade_status=word)).state is state

    def test_a_refund_in_part_confirms_nothing(self, account):
        assert read(account, world.paid(**REFUND)).state is ChargeState.UNKNOWN

    def test_a_refund_in_full_closes_nothing(self, account):
        whole = {**REFUND, "refund_fee": "88.80", "trade_status": "TRADE_CLOSED"}
        assert read(account, world.paid(**whole)).state is ChargeState.UNKNOWN

    def test_a_refund_of_nothing_is_no_refund(self, account):
        assert read(account, world.paid(refund_fee="0.00")).state is ChargeState.SUCCEEDED


class TestForged:
    @pytest.mark.parametrize("name", sorted(world.PAID))
    def test_any_field_that_was_changed_breaks_the_signature(self, account, name):
        fields = world.signed(world.PAID)
        changed = "TRADE_FINISHED" if name == "trade_status" else f"{fields[name]}1"
        assert refused(account, world.notice({**fields, name: changed}))

    @pytest.mark.parametrize("name", sorted(world.PAID))
    def test_any_field_that_was_taken_out_breaks_the_signature(self, account, name):
        fields = world.signed(world.PAID)
        assert refused(account, world.notice({k: v for k, v in fields.items() if k != name}))

    def test_a_field_that_was_added_breaks_the_signature(self, account):
        request = world.notice({**world.signed(world.PAID), "body": "x"})
        assert refused(account, request) == "its signature does not fit"

    @pytest.mark.parametrize("sign", ["0", "", " ", "=", "AAAA", "ÿ", "0" * 344])
    def test_a_sign_that_is_none_is_refused(self, account, sign):
        request = world.notice({**world.signed(world.PAID), "sign": sign})
        assert refused(account, request) == "its signature does not fit"

    def test_a_sign_with_a_line_end_in_it_is_refused(self, account):
        fields = world.signed(world.PAID)
        assert refused(account, world.notice({**fields, "sign": fields["sign"] + "\n"}))

    @pytest.mark.parametrize("name", ["sign", "sign_type"])
    def test_a_missing_signature_or_type_is_refused(self, account, name):
        fields = world.signed(world.PAID)
        del fields[name]
        assert refused(account, world.notice(fields)) == "a parameter is missing"

    @pytest.mark.parametrize("kind", ["RSA", "MD5", "rsa2", "", "RSA2 ", "HMAC"])
    def test_another_kind_of_signature_is_refused(self, account, kind):
        request = world.notice({**world.signed(world.PAID), "sign_type": kind})
        assert refused(account, request) == "its signature is not of the agreed kind"

    def test_a_weaker_hash_under_the_agreed_name_is_refused(self, account):
        fields = world.signed(world.PAID)
        fields["sign"] = world.sign(world.joined(world.PAID), algorithm=hashes.SHA1())
        assert refused(account, world.notice(fields)) == "its signature does not fit"

    def test_a_message_signed_by_our_own_key_is_refused(self, account):
        request = world.notice(world.signed(world.PAID, owner="app"))
        assert refused(account, request) == "its signature does not fit"

    def test_a_sign_that_is_an_array_is_refused(self, account):
        body = world.encoded(world.signed(world.PAID)).replace(b"&sign=", b"&sign[]=")
        assert refused(account, world.notice(body))

    @pytest.mark.parametrize("name", ["total_amount", "out_trade_no", "sign", "trade_status"])
    def test_a_parameter_that_comes_twice_is_refused(self, account, name):
        fields = world.signed(world.PAID)
        body = world.encoded(fields) + f"&{name}={quote_plus(fields[name])}".encode()
        assert refused(account, world.notice(body)) == "a parameter came twice"

    def test_fields_hidden_in_a_value_are_refused(self, account):
        # One signature, two readings: amount and number of a cheap payment slip into its title.
        fields = world.signed(world.PAID)
        hidden = {k: v for k, v in fields.items() if k not in ("subject", "total_amount")}
        hidden["subject"] = f"{fields['subject']}&total_amount={fields['total_amount']}"
        assert refused(account, world.notice({**hidden, "total_amount": "999.00"}))

    def test_a_value_that_opens_into_fields_is_refused_as_it_is(self, account):
        request = world.paid(subject="card&total_amount=999.00")
        assert refused(account, request) == "it can be read in two ways"

    def test_a_value_that_was_opened_into_fields_comes_twice(self, account):
        opened = world.encoded(world.signed({**world.PAID, "subject": "card&total_amount=999.00"}))
        assert refused(account, world.notice(opened.replace(b"%26", b"&").replace(b"%3D999", b"=999")))

    def test_a_signed_name_that_alipay_does_not_send_is_refused(self, account):
        assert refused(account, world.paid(debug="1")).startswith("it holds a parameter")

    def test_a_word_that_is_signed_and_wrong_is_refused_by_its_form(self, account):
        assert refused(account, world.paid(notify_id="x"))


class TestAddressee:
    def test_a_genuine_message_to_another_app_is_refused(self, account):
        assert refused(account, world.paid(app_id="2021000000000000")) == "it is meant for another account"

    def test_a_genuine_message_to_another_seller_is_refused(self, account):
        assert refused(account, world.paid(seller_id="2088000000000000")) == "it is meant for another account"

    def test_a_genuine_message_of_another_kind_is_refused(self, account):
        assert refused(account, world.paid(notify_type="batch_trans_notify")) == "it is not about a payment"


class TestAmount:
    @pytest.mark.parametrize(
        "text",
        ["100.000", "1e2", "-1.00", "1", "1.0", "01.00", ".10", "1.00 ", "١.00", "1,000.00", "NaN", ""],
    )
    def test_an_amount_in_another_form_is_refused(self, account, text):
        assert refused(account, world.paid(total_amount=text)) == "its amount is not in the agreed form"

    @pytest.mark.parametrize(("text", "fen"), [("0.01", 1), ("100.00", 10_000), ("100000000.00", 10**10)])
    def test_an_amount_of_two_decimals_is_exact(self, account, text, fen):
        assert read(account, world.paid(total_amount=text)).amount == Money(fen, "CNY")


class TestForm:
    def test_a_body_above_the_limit_is_refused_before_it_is_read(self, account):
        request = world.notice(b"a=" + b"x" * Alipay().capabilities.notice_max_bytes)
        assert refused(account, request) == "it is too large"

    def test_too_many_parameters_are_refused(self, account):
        body = "&".join(f"p{number}=1" for number in range(101)).encode()
        assert refused(account, world.notice(body)) == "it is not a form"

    @pytest.mark.parametrize(
        "kind", ["application/json", "multipart/form-data; boundary=x", "text/plain", ""]
    )
    def test_another_content_type_is_refused(self, account, kind):
        assert refused(account, world.notice(world.signed(world.PAID), kind)) == "it is not a form"

    @pytest.mark.parametrize("kind", ["gbk", "utf-16", "iso-8859-1"])
    def test_another_charset_of_the_type_is_refused(self, account, kind):
        request = world.notice(world.signed(world.PAID), f"application/x-www-form-urlencoded; charset={kind}")
        assert refused(account, request) == "its charset is not UTF-8"

    def test_another_charset_that_is_signed_is_refused(self, account):
        assert refused(account, world.paid(charset="GBK")) == "its charset is not UTF-8"

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"&",
            b"sign",
            b"=1",
            b"a=1&&b=2",
            b"a=%zz",
            b"a=%",
            b"a=%C3",
            b"A=1",
            b"a%20b=1",
            b"__proto__=1",
            "a=é".encode(),
            b"a=\xff",
            b"<?xml version='1.0'?><!DOCTYPE x SYSTEM 'file:///etc/passwd'>",
            b"\x00",
        ],
    )
    def test_a_body_that_is_no_proper_form_is_refused(self, account, body):
        assert refused(account, world.notice(body))


class TestAcknowledgement:
    def test_an_accepted_notification_is_answered_success(self):
        reply = Alipay().acknowledge(accepted=True)
        assert (reply.status, reply.body) == (200, b"success")

    def test_a_refused_notification_is_answered_fail_and_nothing_else(self):
        reply = Alipay().acknowledge(accepted=False)
        assert (reply.status, reply.body) == (400, b"fail")
