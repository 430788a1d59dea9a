"""The sandbox's Alipay at arm's length: what two servers would send each other is handed over here.

Its notices leave no trace in the sandbox's queue: a sandbox that runs would send them a second time.
"""

from datetime import timedelta
from urllib.parse import urlsplit

from django.db import transaction

from kernel import clock
from kernel.money import Money
from payments.channels.base import ChargeAnswer, ChargeState, RefundAnswer, RefundState
from payments.channels.news import NoticeRequest
from payments.models import Payment, Refund
from payments.sandbox.alipay import calls, checkouts, refunds, wallet
from payments.sandbox.alipay import notices as words
from payments.sandbox.models import AlipayApp, Notice, Trade
from payments.sandbox.states import Ending, Product
from payments.services import notices

_FORM = "application/x-www-form-urlencoded; charset=utf-8"


def pay(payment: Payment) -> Trade:
    """The buyer follows the signed link and pays, at the moment that is told."""
    parameters = calls.read(urlsplit(payment.action_value).query.encode(), b"")
    app = AlipayApp.objects.get(app_id=parameters["app_id"])
    trade = checkouts.make(calls.believe(app, parameters, clock.now()), Product.PAGE)
    wallet.look(trade.token)
    return wallet.end(trade.token, Ending.SILENCE)


def tell(trade: Trade) -> bool:
    """The notice of the trade as it stands comes to our entrance. Gives whether it was taken."""
    with transaction.atomic():
        words.announce(trade)
        body = _taken_out(trade)
    return _hand_over(trade, body)


def answer(trade: Trade) -> ChargeAnswer:
    """What a question would find out."""
    return ChargeAnswer(
        ChargeState.SUCCEEDED,
        channel_txn=trade.trade_no,
        paid=Money(trade.reported_fen, "CNY"),
        paid_at=trade.paid_at,
    )


def give_back(refund: Refund, payment: Payment) -> RefundAnswer:
    """The channel carries a refund out, and tells of it."""
    with transaction.atomic():
        trade = Trade.objects.select_for_update(no_key=True).get(out_trade_no=payment.reference)
        refunds.give_back(trade, refund.request_no, refund.amount, refund.reason, clock.now())
        body = _taken_out(trade)
    _hand_over(trade, body)
    return RefundAnswer(RefundState.SUCCEEDED)


def _taken_out(trade: Trade) -> bytes:
    notice = Notice.objects.filter(trade=trade).latest("created_at")
    body = words.form(notice, clock.now())
    notice.delete()
    return body


def _hand_over(trade: Trade, body: bytes) -> bool:
    token = urlsplit(trade.notify_url).path.rstrip("/").rpartition("/")[2]
    reply = notices.take(token, NoticeRequest(body, _FORM, {}))
    return reply.body == b"success"


PAYS_AFTER = timedelta(minutes=1)
