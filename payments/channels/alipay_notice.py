"""Alipay's notifications: read by the letter, verified, compared with the account they were sent to.

The signed text is `name=value` joined by `&`, nothing escaped, so one signature can fit several sets of
parameters. What makes another reading useful is refused: a name that comes twice, a name that Alipay does not
send, and a value that holds a whole `&name=` of its own. Nothing is believed before its signature fits.
"""

import re
from collections.abc import Mapping

from kernel.errors import said

from . import alipay_terms as terms
from . import forms
from .alipay_client import client_of
from .base import Account, ChargeState
from .news import NoticeRefused, NoticeRequest, NoticeSaid

_TYPE = "trade_status_sync"
_SIGNATURE = ("sign", "sign_type")
_NEEDED = frozenset(
    {"notify_type", "notify_id", "charset", "app_id", "seller_id", "out_trade_no", "trade_no"}
    | {"trade_status", "total_amount", "sign", "sign_type"}
)
_OTHERS = """
    notify_time version auth_app_id merchant_app_id notify_action_type
    buyer_id buyer_open_id open_id buyer_logon_id buyer_user_name buyer_user_type seller_email seller_open_id
    out_biz_no out_request_no refund_fee send_back_fee refund_reason refund_status gmt_refund gmt_refund_pay
    receipt_amount invoice_amount buyer_pay_amount point_amount discount_amount mdiscount_amount card_balance
    trans_currency settle_currency settle_amount pay_currency pay_amount settle_trans_rate trans_pay_rate
    subject body gmt_create gmt_payment gmt_close fund_bill_list voucher_detail_list discount_goods_detail
    passback_params ext_infos extend_params biz_settle_mode charge_amount charge_flags charge_info_list
    settlement_id trade_settle_info store_id store_name alipay_store_id terminal_id operator_id
    alipay_sub_merchant_id industry_sepc_detail industry_sepc_detail_gov industry_sepc_detail_acc
    enterprise_pay_info credit_pay_mode credit_biz_order_id hyb_amount bkagent_resp_info hb_fq_pay_info
    auth_trade_pay_mode advance_amount additional_status period_scene async_pay_mode receipt_currency_type
    dback_status dback_amount bank_ack_time est_bank_receipt_time
"""
_KNOWN = _NEEDED | frozenset(_OTHERS.split())
# No title of ours holds an `&` (see alipay_terms.subject), and no value that Alipay makes up holds `&name=`.
_SECOND_READING = re.compile(r"&[A-Za-z_][A-Za-z0-9_]*=", re.ASCII)
_KEY = re.compile(r"[0-9A-Za-z_-]{8,128}", re.ASCII)
_NUMBER = re.compile(r"[0-9A-Za-z_]{1,64}", re.ASCII)


def read(account: Account, request: NoticeRequest, *, max_bytes: int) -> NoticeSaid:
    """What a genuine notification to this account says. Raises NoticeRefused for every other."""
    fields = forms.read(request, max_bytes=max_bytes)
    _check_form(fields)
    _check_signature(account, fields)
    _check_addressee(account, fields)
    return _said(fields)


def _check_form(fields: Mapping[str, str]) -> None:
    if not fields.keys() >= _NEEDED:
        raise NoticeRefused(why=said("a parameter is missing"))
    if not fields.keys() <= _KNOWN:
        raise NoticeRefused(why=said("it holds a parameter that the channel does not send"))
    if any(_SECOND_READING.search(value) for value in fields.values() if "&" in value):
        raise NoticeRefused(why=said("it can be read in two ways"))
    # The algorithm is ours to name: RSA2. A message may not ask for a weaker one.
    if fields["sign_type"] != "RSA2":
        raise NoticeRefused(why=said("its signature is not of the agreed kind"))
    if fields["charset"].lower() != "utf-8":
        raise NoticeRefused(why=said("its charset is not UTF-8"))


def _check_signature(account: Account, fields: Mapping[str, str]) -> None:
    # The library's `verify` changes its input and raises on a type that it does not know.
    text = "&".join(f"{name}={fields[name]}" for name in sorted(fields) if name not in _SIGNATURE)
    if not client_of(account).fits(text, fields["sign"]):
        raise NoticeRefused(why=said("its signature does not fit"))


def _check_addressee(account: Account, fields: Mapping[str, str]) -> None:
    if fields["app_id"] != account.settings["app_id"] or fields["seller_id"] != account.settings["seller_id"]:
        raise NoticeRefused(why=said("it is meant for another account"))
    if fields["notify_type"] != _TYPE:
        raise NoticeRefused(why=said("it is not about a payment"))


def _said(fields: Mapping[str, str]) -> NoticeSaid:
    amount = terms.money(fields["total_amount"])
    if amount is None:
        raise NoticeRefused(why=said("its amount is not in the agreed form"))
    if not _KEY.fullmatch(fields["notify_id"]) or not _NUMBER.fullmatch(fields["out_trade_no"]):
        raise NoticeRefused(why=said("its numbers are not in the agreed form"))
    if not _NUMBER.fullmatch(fields["trade_no"]):
        raise NoticeRefused(why=said("its numbers are not in the agreed form"))
    return NoticeSaid(
        key=fields["notify_id"],
        reference=fields["out_trade_no"],
        channel_txn=fields["trade_no"],
        state=_state(fields),
        amount=amount,
        occurred_at=terms.moment(fields.get("gmt_payment", "")),
        fields={name: value for name, value in fields.items() if name not in _SIGNATURE},
    )


def _state(fields: Mapping[str, str]) -> ChargeState:
    """The state of the charge; UNKNOWN where the notification is about something else or says a new word.

    A refund is notified to the same address: in part with TRADE_SUCCESS, in full with TRADE_CLOSED. It
    neither confirms a payment nor closes one; who wants to know how the charge stands asks the channel.
    """
    if "gmt_refund" in fields or fields.get("refund_fee", "0.00") != "0.00":
        return ChargeState.UNKNOWN
    return terms.CHARGE_STATES.get(fields["trade_status"], ChargeState.UNKNOWN)
