"""Trades: found, asked about, closed, and closed by themselves when their time is up."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from kernel import clock

from ..models import AlipayApp, Trade
from ..states import TradeStatus
from . import beijing, errors, notices, yuan
from .calls import Call

_AT_ONCE = 50


def query(call: Call) -> dict[str, object]:
    """alipay.trade.query."""
    try:
        trade = existing(call.app, call.content, call.moment)
    except errors.Refusal as refusal:
        refusal.fields = {"out_trade_no": call.content.get("out_trade_no", ""), **_amounts(0)}
        raise
    fields: dict[str, object] = {
        **identity(trade),
        **_amounts(trade.reported_fen if trade.paid_at else 0),
        "buyer_logon_id": notices.BUYER_LOGON_ID,
        "buyer_user_id": notices.BUYER_ID,
        "buyer_user_type": "PRIVATE",
        "total_amount": yuan.show(trade.reported_fen),
        "trade_status": trade.status,
    }
    if trade.paid_at:
        bill = {"amount": yuan.show(trade.reported_fen), "fund_channel": "ALIPAYACCOUNT"}
        fields |= {"fund_bill_list": [bill], "send_pay_date": beijing.show(trade.paid_at)}
    return fields


@transaction.atomic
def close(call: Call) -> dict[str, object]:
    """alipay.trade.close: only what waits for its buyer can be closed."""
    trade = existing(call.app, call.content, call.moment, lock=True)
    if trade.status != TradeStatus.WAIT:
        raise errors.business("ACQ.TRADE_STATUS_ERROR")
    shut(trade, call.moment)
    return identity(trade)


def existing(app: AlipayApp, content: Mapping[str, Any], moment: datetime, *, lock: bool = False) -> Trade:
    """The trade that is meant, closed first if its time is up. Raises Refusal when none is to be seen."""
    trade = find(app, content, lock=lock)
    if trade is None or trade.opened_at is None:
        raise errors.business("ACQ.TRADE_NOT_EXIST")
    if trade.status == TradeStatus.WAIT and trade.expires_at <= moment:
        with transaction.atomic():
            trade = Trade.objects.select_for_update(no_key=True).get(pk=trade.pk)
            expire(trade, moment)
    return trade


def find(app: AlipayApp, content: Mapping[str, Any], *, lock: bool) -> Trade | None:
    """By Alipay's number, which wins when both are given, or by the merchant's; also one not yet opened."""
    by = "trade_no" if content.get("trade_no") else "out_trade_no"
    number = content.get(by)
    if not number or not isinstance(number, str):
        raise errors.business("ACQ.INVALID_PARAMETER")
    trades = Trade.objects.filter(app=app, **{by: number})
    return (trades.select_for_update(no_key=True) if lock else trades).first()


def expire(trade: Trade, moment: datetime) -> None:
    """Close a locked trade if its time is up and nobody paid."""
    if trade.status == TradeStatus.WAIT and trade.expires_at <= moment:
        shut(trade, moment)


def expire_due(moment: datetime) -> int:
    """Close all trades whose time is up, some at a time. Returns how many."""
    with transaction.atomic():
        due = (
            Trade.objects.select_for_update(no_key=True, skip_locked=True)
            .filter(status=TradeStatus.WAIT, expires_at__lte=moment)
            .order_by("expires_at")[:_AT_ONCE]
        )
        for trade in due:
            shut(trade, moment)
        return len(due)


def shut(trade: Trade, moment: datetime) -> None:
    """Close a locked trade. The merchant hears of it only if a buyer had ever come."""
    trade.enter(TradeStatus.CLOSED, moment)
    trade.save()
    if trade.opened_at:
        notices.announce(trade)


@transaction.atomic
def finish(trade: Trade) -> None:
    """End the time for refunds of a paid trade; at Alipay that is three months. Raises IllegalMove."""
    trade = Trade.objects.select_for_update(no_key=True).get(pk=trade.pk)
    trade.enter(TradeStatus.FINISHED, clock.now())
    trade.save()
    notices.announce(trade)


def identity(trade: Trade) -> dict[str, object]:
    """The two numbers of a trade."""
    return {"out_trade_no": trade.out_trade_no, "trade_no": trade.trade_no}


def _amounts(fen: int) -> dict[str, object]:
    paid = yuan.show(fen)
    return {"buyer_pay_amount": paid, "invoice_amount": paid, "point_amount": "0.00", "receipt_amount": paid}
