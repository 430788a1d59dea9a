"""Alipay's words in Keyway's: trade states, amounts in yuan, times in Beijing, codes that settle a matter."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from kernel.money import Money

from .base import ChargeState

CURRENCY = "CNY"
_BEIJING = ZoneInfo("Asia/Shanghai")
_TIME = "%Y-%m-%d %H:%M:%S"
_YUAN = re.compile(r"(?:0|[1-9][0-9]{0,8})\.[0-9]{2}", re.ASCII)
# Alipay forbids them in a subject. Two of them also part the text that is signed: none may come from a title.
_FORBIDDEN = re.compile(r"[/=&\x00-\x1f\x7f]")

CHARGE_STATES: Mapping[str, ChargeState] = {
    "WAIT_BUYER_PAY": ChargeState.PENDING,
    "TRADE_SUCCESS": ChargeState.SUCCEEDED,
    "TRADE_FINISHED": ChargeState.SUCCEEDED,
    "TRADE_CLOSED": ChargeState.CLOSED,
}

SUCCESS = "10000"
REFUSED = "40004"
NO_TRADE = "ACQ.TRADE_NOT_EXIST"
# What precreate answers under a number that Alipay knows already: only a query can tell what became of it.
ASK_AGAIN = frozenset(
    {
        "ACQ.SYSTEM_ERROR",
        "ACQ.TRADE_HAS_SUCCESS",
        "ACQ.TRADE_HAS_CLOSE",
        "ACQ.CONTEXT_INCONSISTENT",
        "ACQ.OUT_TRADE_NO_DUPLICATE",
    }
)
# What close answers for a trade that is not waiting for its buyer any more, paid ones among them.
NOT_WAITING = frozenset({"ACQ.TRADE_STATUS_ERROR", "ACQ.REASON_TRADE_STATUS_INVALID"})
# A refund moves money without the buyer. Only these say that nothing moved; every other code is *unknown*:
# ACQ.DISCORDANT_REPEAT_REQUEST for one means that the number was used before, to an unknown end.
REFUND_FAILED = frozenset(
    {
        "ACQ.SELLER_BALANCE_NOT_ENOUGH",
        "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL",
        "ACQ.REASON_TRADE_BEEN_FREEZEN",
        "ACQ.REASON_TRADE_REFUND_FEE_ERR",
        "ACQ.REFUND_FEE_ERROR",
        "ACQ.TRADE_HAS_FINISHED",
        "ACQ.TRADE_NOT_ALLOW_REFUND",
        "ACQ.TRADE_NOT_EXIST",
        "ACQ.NOT_ALLOW_PARTIAL_REFUND",
        "ACQ.INVALID_PARAMETER",
    }
)


def yuan(amount: Money) -> str:
    """`Money(1050, "CNY")` is `10.50`. Raises ValueError for what Alipay cannot take."""
    if amount.currency != CURRENCY or amount.amount <= 0:
        raise ValueError(f"Alipay takes yuan above zero, not {amount}.")
    return str(amount.decimal)


def money(text: str) -> Money | None:
    """Read an amount in the one form that Alipay writes: yuan with two decimals. None for any other text."""
    return Money.parse(text, CURRENCY) if _YUAN.fullmatch(text) else None


def beijing(moment: datetime) -> str:
    """A moment as Alipay writes it, whatever zone the server stands in."""
    return moment.astimezone(_BEIJING).strftime(_TIME)


def moment(text: str) -> datetime | None:
    """A time as Alipay writes it, in UTC; none where it is missing or not a time."""
    try:
        # Refunds come with a fraction of a second.
        return datetime.strptime(text.partition(".")[0], _TIME).replace(tzinfo=_BEIJING).astimezone(UTC)
    except ValueError:
        return None


def subject(title: str) -> str:
    """A title that Alipay accepts: without its forbidden signs, at most 128 characters, never empty."""
    return " ".join(_FORBIDDEN.sub(" ", title).split())[:128] or "Keyway"
