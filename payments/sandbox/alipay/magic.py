"""The cents of an amount decide what happens without a buyer. Only for apps that are flagged `magic`."""

from dataclasses import dataclass
from datetime import timedelta

from kernel import clock

from ..models import Fault, Play, Trade
from ..states import Ending, FaultKind, Product

_REFUND_FAILS, _REFUND_LOST = 18, 19
_REFUND_LOST_FOR = timedelta(seconds=60)
_TIMES_OUT = 9
_TIME_OUT_SECONDS = 20.0


@dataclass(frozen=True)
class _Visit:
    """A buyer's visit `after` the trade was made or, with `at_expiry`, after its time was up."""

    ending: Ending
    after: float = 1
    reason: str = ""
    at_expiry: bool = False


# The table of spec/faces.md 8.7, as far as it is Alipay's to play. Cents that are not here do nothing.
VISITS = {
    0: _Visit(Ending.PAY),
    1: _Visit(Ending.FAIL, reason="insufficient_funds"),
    2: _Visit(Ending.FAIL, reason="issuer_declined"),
    3: _Visit(Ending.FAIL, reason="risk_blocked_channel"),
    4: _Visit(Ending.CANCEL),
    6: _Visit(Ending.PAY, after=30),
    7: _Visit(Ending.PAY, after=5, at_expiry=True),
    8: _Visit(Ending.SHUFFLED),
    9: _Visit(Ending.SILENCE),
    10: _Visit(Ending.WRONG_AMOUNT),
    _REFUND_FAILS: _Visit(Ending.PAY),
    _REFUND_LOST: _Visit(Ending.PAY),
}


def plan(trade: Trade) -> None:
    """Schedule what the cents of a new trade ask for."""
    cents = trade.total_fen % 100
    visit = VISITS.get(cents) if trade.app.magic else None
    if visit is None:
        return
    start = trade.expires_at if visit.at_expiry else clock.now()
    Play.objects.create(
        trade=trade,
        ending=visit.ending,
        reason=visit.reason,
        even_closed=visit.at_expiry,
        due_at=start + timedelta(seconds=visit.after),
    )
    if cents == _TIMES_OUT and trade.product == Product.PRECREATE:
        Fault.objects.create(
            prefix=trade.out_trade_no,
            method="alipay.trade.precreate",
            kind=FaultKind.TIMEOUT,
            seconds=_TIME_OUT_SECONDS,
        )


def refund_fails(trade: Trade) -> bool:
    """Whether refunds are refused for want of balance."""
    return trade.app.magic and trade.total_fen % 100 == _REFUND_FAILS


def refund_delay(trade: Trade) -> timedelta:
    """How long a refund stays unknown: its answer is lost, and queries find it only after this."""
    is_lost = trade.app.magic and trade.total_fen % 100 == _REFUND_LOST
    return _REFUND_LOST_FOR if is_lost else timedelta()
