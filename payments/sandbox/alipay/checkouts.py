"""Trades as a merchant's server asks for them: a QR code, or a page that the buyer's browser is sent to."""

import re
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from ..models import Trade
from ..states import Product, TradeStatus
from . import beijing, errors, magic, trades, yuan
from .calls import Call

_OUT_TRADE_NO = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
_EXPRESS = re.compile(r"(?P<count>[1-9][0-9]{0,4})(?P<unit>[mhd])|1c", re.ASCII)
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
_LONGEST = timedelta(days=15)
_USUAL = {Product.PRECREATE: timedelta(hours=2), Product.PAGE: _LONGEST, Product.WAP: _LONGEST}
_LENGTHS = {"subject": 256, "body": 400, "passback_params": 512, "quit_url": 400}


def precreate(call: Call) -> dict[str, object]:
    """alipay.trade.precreate: a text for a QR code. The trade itself begins when somebody scans it."""
    trade = make(call, Product.PRECREATE)
    return {"out_trade_no": trade.out_trade_no, "qr_code": cashier_url(trade)}


def cashier_url(trade: Trade) -> str:
    """Where the buyer pays."""
    return f"{settings.KEYWAY_SANDBOX_URL}{reverse('sandbox:cashier', args=[trade.token])}"


@transaction.atomic
def make(call: Call, product: Product) -> Trade:
    """The trade of this order number: a new one, or the same again if it says the same. Raises Refusal."""
    asked = _asked(call)
    made, is_new = Trade.objects.get_or_create(
        app=call.app,
        out_trade_no=asked.pop("out_trade_no"),
        defaults={**asked, "product": product, "expires_at": _expiry(call, product)},
    )
    if is_new:
        magic.plan(made)
        return made
    trade = Trade.objects.select_for_update(no_key=True).get(pk=made.pk)
    trades.expire(trade, call.moment)
    if trade.status == TradeStatus.CLOSED:
        raise errors.business("ACQ.TRADE_HAS_CLOSE")
    if trade.status != TradeStatus.WAIT:
        raise errors.business("ACQ.TRADE_HAS_SUCCESS")
    if (trade.total_fen, trade.subject, trade.product) != (asked["total_fen"], asked["subject"], product):
        raise errors.business("ACQ.CONTEXT_INCONSISTENT")
    return trade


def _asked(call: Call) -> dict[str, Any]:
    content, parameters = call.content, call.parameters
    out_trade_no = content.get("out_trade_no")
    texts = {name: content.get(name, "") for name in _LENGTHS}
    if not isinstance(out_trade_no, str) or not _OUT_TRADE_NO.fullmatch(out_trade_no):
        raise errors.business("ACQ.INVALID_PARAMETER")
    if not texts["subject"] or not all(isinstance(text, str) for text in texts.values()):
        raise errors.business("ACQ.INVALID_PARAMETER")
    if content.get("seller_id", call.app.seller_id) != call.app.seller_id:
        raise errors.business("ACQ.INVALID_PARAMETER")
    return {
        **{name: text[: _LENGTHS[name]] for name, text in texts.items()},
        "out_trade_no": out_trade_no,
        "trade_no": _trade_no(call.moment),
        "total_fen": _total(content),
        "notify_url": parameters.get("notify_url", "")[:256],
        "return_url": parameters.get("return_url", "")[:256],
        "created_at": call.moment,
    }


def _total(content: Mapping[str, Any]) -> int:
    try:
        return yuan.parse(content.get("total_amount"))
    except ValueError as error:
        raise errors.business("ACQ.INVALID_PARAMETER") from error


def _expiry(call: Call, product: Product) -> datetime:
    """The last moment to pay: `time_expire`, else `timeout_express` from now, else what is usual."""
    content = call.content
    express = content.get("timeout_express") or content.get("qr_code_timeout_express")
    try:
        if content.get("time_expire"):
            return _absolute(str(content["time_expire"]), call.moment)
        return call.moment + _USUAL[product] if not express else _relative(str(express), call.moment)
    except ValueError as error:
        raise errors.business("ACQ.INVALID_PARAMETER") from error


def _absolute(text: str, moment: datetime) -> datetime:
    at = beijing.parse(text)
    if not moment < at <= moment + _LONGEST:
        raise ValueError("time_expire")
    return at


def _relative(text: str, moment: datetime) -> datetime:
    read = _EXPRESS.fullmatch(text)
    if read is None:
        raise ValueError("timeout_express")
    if read["count"]:
        return moment + min(int(read["count"]) * _UNITS[read["unit"]], _LONGEST)
    # 1c: until the day ends.
    tomorrow = moment.astimezone(beijing.ZONE).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time.min, beijing.ZONE).astimezone(UTC)


def _trade_no(moment: datetime) -> str:
    day = moment.astimezone(beijing.ZONE).strftime("%Y%m%d")
    return f"{day}22001{secrets.randbelow(10**15):015d}"
