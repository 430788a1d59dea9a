"""The states of a trade at Alipay, and the ways a buyer's visit to the cashier can end."""

from enum import StrEnum

from kernel.machine import Machine


class TradeStatus(StrEnum):
    """Alipay's own words. `SUCCESS` can still be refunded, `FINISHED` cannot."""

    WAIT = "WAIT_BUYER_PAY"
    SUCCESS = "TRADE_SUCCESS"
    FINISHED = "TRADE_FINISHED"
    CLOSED = "TRADE_CLOSED"


# CLOSED to SUCCESS: a payment that was on its way already when the trade was closed. Rare, and the reason
# why a merchant must be ready for money after expiry.
TRADE = Machine(
    start=TradeStatus.WAIT,
    moves={
        TradeStatus.WAIT: {TradeStatus.SUCCESS, TradeStatus.CLOSED},
        TradeStatus.SUCCESS: {TradeStatus.CLOSED, TradeStatus.FINISHED},
        TradeStatus.CLOSED: {TradeStatus.SUCCESS},
    },
)


class Product(StrEnum):
    """Through which door the buyer comes: a QR code, a desktop browser, a phone's browser."""

    PRECREATE = "precreate"
    PAGE = "page"
    WAP = "wap"


class Ending(StrEnum):
    """How a buyer's visit ends. All but FAIL and CANCEL leave the trade paid."""

    PAY = "pay"
    FAIL = "fail"
    CANCEL = "cancel"
    TWICE = "twice"
    SHUFFLED = "shuffled"
    LATE = "late"
    WRONG_AMOUNT = "wrong_amount"
    WRONG_SIGNATURE = "wrong_signature"
    SILENCE = "silence"


class FaultKind(StrEnum):
    """What goes wrong on the wire."""

    TIMEOUT = "timeout"
    ERROR_500 = "error_500"
    GARBAGE = "garbage"
    DRIP = "drip"
    OVERSIZE = "oversize"
