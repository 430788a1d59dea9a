"""What the buyer does: comes to the cashier, pays, fails, goes away."""

from datetime import timedelta

from django.db import transaction

from kernel import clock

from ..models import Trade
from ..states import Ending, Product, TradeStatus
from . import notices, trades

REASONS = ("insufficient_funds", "issuer_declined", "risk_blocked_channel", "limit_exceeded", "auth_failed")
LONGEST_DELAY = 3600
_PENNY = 1


@transaction.atomic
def look(token: str) -> Trade:
    """The buyer opens the cashier: from now on the trade exists. Raises Trade.DoesNotExist."""
    trade = _locked(token)
    moment = clock.now()
    trades.expire(trade, moment)
    if trade.opened_at is None and trade.status == TradeStatus.WAIT:
        trade.opened_at = moment
        trade.save(update_fields=["opened_at"])
        if trade.product == Product.PRECREATE:
            # Of a QR code Alipay tells that it was scanned; of a web page it does not.
            notices.announce(trade)
    return trade


@transaction.atomic
def end(
    token: str, ending: Ending, *, seconds: int = 0, reason: str = "", even_closed: bool = False
) -> Trade:
    """The buyer's visit ends so. A trade that is not waiting any more stays as it is.

    `seconds` is how late the notice of LATE goes out; `even_closed` lets a payment through that was on its
    way already when the trade was closed. Raises Trade.DoesNotExist.
    """
    trade = _locked(token)
    if not even_closed:
        trades.expire(trade, clock.now())
    payable = {TradeStatus.WAIT, TradeStatus.CLOSED} if even_closed else {TradeStatus.WAIT}
    if trade.status not in payable or trade.paid_at:
        return trade
    if ending in (Ending.FAIL, Ending.CANCEL):
        # At Alipay a failed try leaves the trade waiting: the buyer may try again until it expires.
        trade.failure = "user_cancelled" if ending is Ending.CANCEL else (reason or REASONS[0])
        trade.save(update_fields=["failure"])
        return trade
    _pay(trade, ending, timedelta(seconds=max(0, min(seconds, LONGEST_DELAY))))
    return trade


def _pay(trade: Trade, ending: Ending, delay: timedelta) -> None:
    trade.charged_fen = trade.total_fen + (_PENNY if ending is Ending.WRONG_AMOUNT else 0)
    trade.failure = ""
    trade.enter(TradeStatus.SUCCESS, clock.now())
    trade.save()
    if ending is Ending.SILENCE:
        return
    notices.announce(
        trade,
        copies=2 if ending in (Ending.TWICE, Ending.SHUFFLED) else 1,
        delay=delay if ending is Ending.LATE else timedelta(),
        forged=ending is Ending.WRONG_SIGNATURE,
    )
    if ending is Ending.SHUFFLED:
        notices.announce(trade, status=TradeStatus.WAIT, delay=timedelta(seconds=1))


def _locked(token: str) -> Trade:
    return Trade.objects.select_for_update(no_key=True).get(token=token)
