"""Refunds: whole or in parts, each under a number that is good for exactly one."""

from datetime import datetime, timedelta

from django.db import transaction

from ..models import Refund, Trade
from ..states import TradeStatus
from . import beijing, errors, magic, notices, trades, yuan
from .calls import Call


def refund(call: Call) -> dict[str, object]:
    """alipay.trade.refund. The same number again answers as before and moves nothing."""
    answer, is_lost = _refund(call)
    if is_lost:
        raise errors.unavailable()
    return answer


@transaction.atomic
def _refund(call: Call) -> tuple[dict[str, object], bool]:
    """What to answer, and whether the answer gets lost instead though the money moves."""
    trade = trades.existing(call.app, call.content, call.moment, lock=True)
    number = str(call.content.get("out_request_no") or trade.out_trade_no)[:64]
    try:
        fen = yuan.parse(call.content.get("refund_amount"))
    except ValueError as error:
        raise errors.business("ACQ.INVALID_PARAMETER") from error
    done = trade.refunds.filter(out_request_no=number).first()
    if done is not None:
        if done.amount_fen != fen:
            raise errors.business("ACQ.DISCORDANT_REPEAT_REQUEST")
        return _answer(trade, done, is_new=False), done.done_at > call.moment
    _check(call, trade, fen)
    reason = str(call.content.get("refund_reason", ""))[:256]
    delay = magic.refund_delay(trade)
    made = give_back(trade, number, fen, reason, call.moment, delay=delay)
    return _answer(trade, made, is_new=True), bool(delay)


def query(call: Call) -> dict[str, object]:
    """alipay.trade.fastpay.refund.query. Fields come only once the refund is done: no fields, no refund."""
    trade = trades.existing(call.app, call.content, call.moment)
    number = call.content.get("out_request_no")
    if not number:
        raise errors.business("ACQ.INVALID_PARAMETER")
    done = trade.refunds.filter(out_request_no=str(number), done_at__lte=call.moment).first()
    if done is None:
        return {}
    fields: dict[str, object] = {
        "out_request_no": done.out_request_no,
        "out_trade_no": trade.out_trade_no,
        "refund_amount": yuan.show(done.amount_fen),
        "refund_status": "REFUND_SUCCESS",
        "total_amount": yuan.show(trade.reported_fen),
        "trade_no": trade.trade_no,
    }
    options = call.content.get("query_options")
    if isinstance(options, list) and "gmt_refund_pay" in options:
        fields["gmt_refund_pay"] = beijing.show(done.done_at)
    return fields


@transaction.atomic
def cancel(call: Call) -> dict[str, object]:
    """alipay.trade.cancel: closes what is unpaid, gives back what is paid, is content with nothing."""
    trade = trades.find(call.app, call.content, lock=True)
    if trade is None:
        return {"out_trade_no": call.content.get("out_trade_no", ""), "retry_flag": "N"}
    if trade.status == TradeStatus.FINISHED:
        raise errors.business("ACQ.TRADE_HAS_FINISHED")
    if trade.status == TradeStatus.WAIT:
        trades.shut(trade, call.moment)
    elif trade.left_fen:
        if call.app.broke or magic.refund_fails(trade):
            raise errors.business("ACQ.SELLER_BALANCE_NOT_ENOUGH")
        give_back(trade, trade.out_trade_no, trade.left_fen, "cancel", call.moment)
    action = "refund" if trade.paid_at else "close"
    return {**trades.identity(trade), "action": action, "retry_flag": "N"}


def give_back(
    trade: Trade, number: str, fen: int, reason: str, moment: datetime, *, delay: timedelta = timedelta()
) -> Refund:
    """Move money of a locked trade back to the buyer, and tell the merchant. All of it closes the trade."""
    made = Refund.objects.create(
        trade=trade, out_request_no=number, amount_fen=fen, reason=reason, done_at=moment + delay
    )
    trade.refunded_fen += fen
    if not trade.left_fen:
        trade.enter(TradeStatus.CLOSED, moment)
    trade.save()
    notices.announce(trade, refund=made, delay=delay)
    return made


def _check(call: Call, trade: Trade, fen: int) -> None:
    if trade.status == TradeStatus.FINISHED:
        raise errors.business("ACQ.TRADE_HAS_FINISHED")
    if trade.status == TradeStatus.CLOSED and not trade.refunded_fen:
        raise errors.business("ACQ.TRADE_HAS_CLOSE")
    if trade.status == TradeStatus.WAIT:
        raise errors.business("ACQ.TRADE_STATUS_ERROR")
    if fen > trade.left_fen:
        raise errors.business("ACQ.REASON_TRADE_REFUND_FEE_ERR")
    if fen < trade.left_fen and not call.content.get("out_request_no"):
        raise errors.business("ACQ.INVALID_PARAMETER")
    if call.app.broke or magic.refund_fails(trade):
        raise errors.business("ACQ.SELLER_BALANCE_NOT_ENOUGH")


def _answer(trade: Trade, done: Refund, *, is_new: bool) -> dict[str, object]:
    """`refund_fee` is all that went back so far; `fund_change` says whether this very call moved money."""
    return {
        "buyer_logon_id": notices.BUYER_LOGON_ID,
        "buyer_user_id": notices.BUYER_ID,
        "fund_change": "Y" if is_new else "N",
        "gmt_refund_pay": beijing.show(done.done_at),
        "out_trade_no": trade.out_trade_no,
        "refund_fee": yuan.show(trade.refunded_fen),
        "send_back_fee": "0.00",
        "trade_no": trade.trade_no,
    }
