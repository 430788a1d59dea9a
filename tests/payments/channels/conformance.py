"""Where every channel plays: the adapter, its account at the sandbox, and a buyer with a browser."""

import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Protocol

from kernel import clock, ids
from kernel.money import Money
from payments.channels.base import Account, Action, Charge, ChargeAnswer, ChargeState, RefundAsk
from payments.channels.news import NoticeRequest, NoticeSaid, Reply, Said
from payments.channels.protocols import Channel

_PATIENCE_SECONDS = 30


@dataclass
class Ear:
    """Where one test's notifications arrive, raw, and are accepted in the channel's own words."""

    url: str
    reply: Reply
    heard: "queue.Queue[NoticeRequest]" = field(default_factory=queue.Queue)

    def next(self) -> NoticeRequest:
        """The next notification."""
        return self.heard.get(timeout=_PATIENCE_SECONDS)


class House:
    """A server with a door for every test, so that nobody hears what was meant for another."""

    def __init__(self) -> None:
        self.ears: dict[str, Ear] = {}
        house = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                ear = house.ears[self.path]
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(ear.reply.status)
                self.send_header("Content-Length", str(len(ear.reply.body)))
                self.end_headers()
                self.wfile.write(ear.reply.body)
                ear.heard.put(NoticeRequest(body, self.headers["Content-Type"], dict(self.headers)))

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def door(self, accepted: Reply) -> Ear:
        """A new ear, which accepts what it hears."""
        path = f"/n/{ids.new()}/"
        self.ears[path] = Ear(self.url + path, accepted)
        return self.ears[path]


@contextmanager
def house() -> Iterator[House]:
    """A house on a port of its own."""
    built = House()
    threading.Thread(target=built.server.serve_forever, args=[0.01], daemon=True).start()
    yield built
    built.server.shutdown()
    built.server.server_close()


class Buyer(Protocol):
    """Somebody with a browser, at the sandbox's cashier."""

    def come(self, action: Action) -> None:
        """Open what the action says, and do nothing yet."""

    def pay(self, action: Action) -> None: ...

    def pay_with_wrong_amount(self, action: Action) -> None:
        """Pay; the channel then tells another amount than it was asked for."""

    def pay_with_wrong_signature(self, action: Action) -> None:
        """Pay; the channel's notification then carries a signature that does not fit."""

    def pay_and_be_told_twice(self, action: Action) -> None: ...


@dataclass
class Stage:
    """One channel, ready to play. `tamper` is an amount in a notification, and another in its place."""

    channel: Channel
    account: Account
    stranger: Account  # another merchant's account at the same sandbox
    buyer: Buyer
    ear: Ear
    methods: tuple[str, ...]
    currency: str
    key: str  # the name of the secret that signs our calls
    refund_call: str  # what the sandbox's faults call a refund
    tamper: tuple[bytes, bytes]
    handles: dict[str, str] = field(default_factory=dict)

    def charge(self, method: str = "", amount: int = 1234) -> Charge:
        """A new charge of 12.34."""
        return Charge(
            reference=ids.encode("pay", ids.new()),
            method=method or self.methods[0],
            amount=Money(amount, self.currency),
            subject="礼品卡 100 & more",
            notify_url=self.ear.url,
            return_url="http://127.0.0.1/o/token/",
            expires_at=clock.now() + timedelta(minutes=15),
            language="zh-hans",
        )

    def opened(self, method: str = "", amount: int = 1234) -> tuple[Charge, Action]:
        """A charge that a buyer can pay."""
        charge = self.charge(method, amount)
        answer = self.channel.create(self.account, charge)
        assert answer.action is not None, answer
        self.handles[charge.reference] = answer.handle
        return charge, answer.action

    def paid(self, amount: int = 1234) -> Charge:
        """A charge that was paid."""
        charge, action = self.opened(amount=amount)
        self.buyer.pay(action)
        return charge

    def query(self, charge: Charge, account: Account | None = None) -> ChargeAnswer:
        """The channel's answer about a charge."""
        name = charge.reference
        return self.channel.query(account or self.account, name, self.handles.get(name, ""))

    def close(self, charge: Charge, account: Account | None = None) -> ChargeAnswer:
        """The channel's answer when a charge is closed."""
        name = charge.reference
        return self.channel.close(account or self.account, name, self.handles.get(name, ""))

    def ask(self, charge: Charge, amount: int) -> RefundAsk:
        """A refund of a part."""
        number, txn = ids.encode("rfd", ids.new()), self.query(charge).channel_txn
        part = Money(amount, self.currency)
        return RefundAsk(charge.reference, number, part, charge.amount, "does not work", txn)

    def read(self, request: NoticeRequest, account: Account | None = None) -> Said:
        """What a notification says."""
        return self.channel.read_notice(account or self.account, request)

    def told(self, state: ChargeState) -> tuple[NoticeRequest, NoticeSaid]:
        """The next notification that says so of a charge; others before it are let go."""
        while True:
            request = self.ear.next()
            said = self.read(request)
            if isinstance(said, NoticeSaid) and said.state is state:
                return request, said
