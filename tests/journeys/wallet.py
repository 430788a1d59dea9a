"""Alipay as it is to its customers: trades, and a gateway that may fail.

It remembers what it did, so it is the other side of the books: money that it took and did not give back is
what the ledger must say that the channel owes.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from json import loads
from urllib.parse import parse_qs, urlsplit

from kernel.money import Money
from payments.models import Payment
from tests.payments.channels import alipay_world as world

WAITING, PAID, CLOSED = "WAIT_BUYER_PAY", "TRADE_SUCCESS", "TRADE_CLOSED"


class Mood(StrEnum):
    """How the gateway takes the next call."""

    WELL = "well"
    MUTE = "mute"  # it does what it is asked to, and the answer is lost
    DEAF = "deaf"  # it does nothing, and says nothing
    UNWILLING = "unwilling"  # it refuses a refund


@dataclass
class Trade:
    """One trade under one number of ours. Amounts in fen."""

    reference: str
    amount: int
    status: str = WAITING
    refunds: dict[str, int] = field(default_factory=dict)

    @property
    def number(self) -> str:
        """Alipay's own number for it."""
        return f"2026{sum(ord(each) * 31**place for place, each in enumerate(self.reference)) % 10**24:024d}"

    @property
    def kept(self) -> int:
        """What of the buyer's money is still there."""
        return self.amount - sum(self.refunds.values()) if self.status == PAID else 0


class Wallet:
    """All trades, and the gateway's mood for the next call."""

    def __init__(self) -> None:
        self.trades: dict[str, Trade] = {}
        self.mood = Mood.WELL
        self.url = ""
        self._lock = threading.Lock()

    def open(self, payment: Payment) -> Trade:
        """A buyer follows the link to the cashier."""
        with self._lock:
            return self.trades.setdefault(payment.reference, Trade(payment.reference, payment.amount))

    def pay(self, payment: Payment, *, amount: int | None = None) -> bool:
        """The buyer pays, where that is still possible; `amount` fen, where it is not what was asked for."""
        trade = self.open(payment)
        with self._lock:
            if trade.status == WAITING:
                trade.status, trade.amount = PAID, amount or trade.amount
        return trade.status == PAID

    def is_paid(self, payment: Payment) -> bool:
        """Whether the buyer has paid this one."""
        trade = self.trades.get(payment.reference)
        return trade is not None and trade.status == PAID

    def answer(self, method: str, content: dict[str, str]) -> tuple[int, bytes]:
        """Take one call, in the present mood; the next one is taken well."""
        with self._lock:
            mood, self.mood = self.mood, Mood.WELL
            if mood is Mood.DEAF:
                return 502, b"Bad Gateway"
            said = self._do(method, content, mood)
        return (502, b"Bad Gateway") if mood is Mood.MUTE else (200, world.answer(method, said))

    def _do(self, method: str, content: dict[str, str], mood: Mood) -> dict[str, str]:
        reference = content["out_trade_no"]
        if method == "alipay.trade.precreate":
            amount = Money.parse(content["total_amount"], "CNY").amount
            self.trades.setdefault(reference, Trade(reference, amount))
            return world.done(out_trade_no=reference, qr_code=f"https://qr.alipay.com/{reference[-12:]}")
        trade = self.trades.get(reference)
        if trade is None:
            return world.failed("ACQ.TRADE_NOT_EXIST")
        if method == "alipay.trade.query":
            return _standing(trade)
        if method == "alipay.trade.close":
            return _close(trade)
        if method == "alipay.trade.refund":
            return _refund(trade, content, mood)
        return _refund_standing(trade, content["out_request_no"])


def yuan(fen: int) -> str:
    """As Alipay writes it."""
    return str(Money(fen, "CNY").decimal)


def _standing(trade: Trade) -> dict[str, str]:
    return world.done(
        out_trade_no=trade.reference,
        trade_no=trade.number,
        trade_status=trade.status,
        total_amount=yuan(trade.amount),
    )


def _close(trade: Trade) -> dict[str, str]:
    if trade.status != WAITING:
        return world.failed("ACQ.TRADE_STATUS_ERROR")
    trade.status = CLOSED
    return world.done(out_trade_no=trade.reference, trade_no=trade.number)


def _refund(trade: Trade, content: dict[str, str], mood: Mood) -> dict[str, str]:
    amount, number = Money.parse(content["refund_amount"], "CNY").amount, content["out_request_no"]
    if mood is Mood.UNWILLING and number not in trade.refunds:
        return world.failed("ACQ.SELLER_BALANCE_NOT_ENOUGH")
    change = "N" if number in trade.refunds else "Y"
    if change == "Y" and amount > trade.kept:
        return world.failed("ACQ.REFUND_AMT_NOT_EQUAL_TOTAL")
    trade.refunds[number] = amount
    return world.done(
        out_trade_no=trade.reference, fund_change=change, refund_fee=yuan(sum(trade.refunds.values()))
    )


def _refund_standing(trade: Trade, number: str) -> dict[str, str]:
    if number not in trade.refunds:
        return world.done()
    return world.done(
        out_trade_no=trade.reference,
        out_request_no=number,
        refund_amount=yuan(trade.refunds[number]),
        refund_status="REFUND_SUCCESS",
    )


@contextmanager
def wallet() -> Iterator[Wallet]:
    """The wallet, its gateway on a port of its own."""
    opened = Wallet()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            world.signs(world.joined({**query, **form}, without=("sign",)), query["sign"], "app")
            status, said = opened.answer(query["method"], loads(form["biz_content"]))
            self.send_response(status)
            self.send_header("Content-Type", "text/html;charset=utf-8")
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    opened.url = f"http://127.0.0.1:{server.server_port}/gateway.do"
    threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
    try:
        yield opened
    finally:
        server.shutdown()
        server.server_close()
