"""What every channel must do, over real HTTP against its sandbox server, whatever its protocol.

A channel's test module gives a `stage`: the adapter, its account at the sandbox, and a buyer with a browser.
"""

import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Protocol

import pytest

from kernel import clock, ids
from kernel.money import Money
from payments.channels.base import (
    Account,
    Action,
    Channel,
    Charge,
    ChargeState,
    NoticeRefused,
    NoticeRequest,
    NoticeSaid,
    RefundAsk,
    RefundState,
    Reply,
)

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
    """One channel, ready to play."""

    channel: Channel
    account: Account
    stranger: Account  # another merchant's account at the same sandbox
    buyer: Buyer
    ear: Ear
    methods: tuple[str, ...]

    def charge(self, method: str = "", amount: int = 1234) -> Charge:
        """A new charge of 12.34."""
        return Charge(
            reference=ids.encode("pay", ids.new()),
            method=method or self.methods[0],
            amount=Money(amount, "CNY"),
            subject="礼品卡 100 & more",
            notify_url=self.ear.url,
            return_url="http://127.0.0.1/o/token/",
            expires_at=clock.now() + timedelta(minutes=15),
        )

    def opened(self, method: str = "", amount: int = 1234) -> tuple[Charge, Action]:
        """A charge that a buyer can pay."""
        charge = self.charge(method, amount)
        answer = self.channel.create(self.account, charge)
        assert answer.action is not None, answer
        return charge, answer.action

    def paid(self, amount: int = 1234) -> Charge:
        """A charge that was paid."""
        charge, action = self.opened(amount=amount)
        self.buyer.pay(action)
        return charge

    def ask(self, charge: Charge, amount: int) -> RefundAsk:
        """A refund of a part."""
        number = ids.encode("ref", ids.new())
        return RefundAsk(charge.reference, number, Money(amount, "CNY"), charge.amount, "does not work")

    def told(self, state: ChargeState) -> tuple[NoticeRequest, NoticeSaid]:
        """The next notification that says so; others before it are let go."""
        while True:
            request = self.ear.next()
            said = self.channel.read_notice(self.account, request)
            if said.state is state:
                return request, said


class Conformance:
    """The suite. A subclass gives the fixture `stage`."""

    # creating

    def test_a_created_charge_gives_the_methods_own_action(self, stage: Stage):
        for method in stage.channel.capabilities.methods:
            _, action = stage.opened(method.code)
            assert action.kind is method.action

    def test_a_charge_that_nobody_paid_is_never_called_paid_or_failed(self, stage: Stage):
        for method in stage.methods:
            charge, _ = stage.opened(method)
            answer = stage.channel.query(stage.account, charge.reference)
            assert answer.state in {ChargeState.PENDING, ChargeState.ABSENT}

    def test_a_number_of_nobody_is_absent(self, stage: Stage):
        answer = stage.channel.query(stage.account, ids.encode("pay", ids.new()))
        assert answer.state is ChargeState.ABSENT

    # paying

    def test_every_method_can_be_paid_and_says_what_was_paid(self, stage: Stage):
        for method in stage.methods:
            charge, action = stage.opened(method)
            stage.buyer.pay(action)
            answer = stage.channel.query(stage.account, charge.reference)
            assert (answer.state, answer.paid) == (ChargeState.SUCCEEDED, charge.amount)
            assert answer.channel_txn
            assert abs(answer.paid_at - clock.now()) < timedelta(minutes=1)

    def test_a_payment_is_told_with_the_same_figures(self, stage: Stage):
        charge = stage.paid()
        _, said = stage.told(ChargeState.SUCCEEDED)
        answer = stage.channel.query(stage.account, charge.reference)
        assert (said.reference, said.amount) == (charge.reference, charge.amount)
        assert said.channel_txn == answer.channel_txn
        assert abs(said.occurred_at - clock.now()) < timedelta(minutes=1)

    def test_a_notification_that_is_told_twice_carries_one_key(self, stage: Stage):
        _, action = stage.opened()
        stage.buyer.pay_and_be_told_twice(action)
        _, first = stage.told(ChargeState.SUCCEEDED)
        _, second = stage.told(ChargeState.SUCCEEDED)
        assert first.key == second.key

    def test_two_payments_carry_two_keys(self, stage: Stage):
        keys = set()
        for _ in range(2):
            stage.paid()
            keys.add(stage.told(ChargeState.SUCCEEDED)[1].key)
        assert len(keys) == 2

    def test_a_wrong_amount_is_told_as_it_is_so_that_the_sale_can_refuse_it(self, stage: Stage):
        charge, action = stage.opened()
        stage.buyer.pay_with_wrong_amount(action)
        _, said = stage.told(ChargeState.SUCCEEDED)
        assert said.reference == charge.reference
        assert said.amount != charge.amount

    # refusing

    def test_a_wrong_signature_is_refused(self, stage: Stage):
        _, action = stage.opened()
        stage.buyer.pay_with_wrong_signature(action)
        with pytest.raises(NoticeRefused):
            stage.told(ChargeState.SUCCEEDED)

    def test_a_genuine_notification_is_refused_by_every_other_account(self, stage: Stage):
        stage.paid()
        request, _ = stage.told(ChargeState.SUCCEEDED)
        with pytest.raises(NoticeRefused):
            stage.channel.read_notice(stage.stranger, request)

    def test_a_changed_byte_is_refused(self, stage: Stage):
        stage.paid()
        request, _ = stage.told(ChargeState.SUCCEEDED)
        changed = replace(request, body=request.body.replace(b"12.34", b"12.33"))
        with pytest.raises(NoticeRefused):
            stage.channel.read_notice(stage.account, changed)

    def test_a_body_above_the_limit_is_refused(self, stage: Stage):
        stage.paid()
        request, _ = stage.told(ChargeState.SUCCEEDED)
        padded = request.body + b"&subject=" + b"x" * stage.channel.capabilities.notice_max_bytes
        with pytest.raises(NoticeRefused):
            stage.channel.read_notice(stage.account, replace(request, body=padded))

    def test_a_stranger_learns_nothing_of_a_charge(self, stage: Stage):
        charge = stage.paid()
        answer = stage.channel.query(stage.stranger, charge.reference)
        assert answer.state is ChargeState.ABSENT

    def test_a_caller_with_a_wrong_key_gets_no_verdict(self, stage: Stage):
        charge = stage.paid()
        forged = replace(
            stage.account,
            version=2,
            secrets={**stage.account.secrets, "private_key": stage.stranger.secrets["private_key"]},
        )
        assert stage.channel.query(forged, charge.reference).state is ChargeState.UNKNOWN
        assert stage.channel.refund(forged, stage.ask(charge, 1)).state is RefundState.UNKNOWN

    # closing

    def test_a_closed_charge_cannot_be_paid(self, stage: Stage):
        charge, action = stage.opened()
        stage.buyer.come(action)
        assert stage.channel.close(stage.account, charge.reference).state is ChargeState.CLOSED
        assert stage.channel.query(stage.account, charge.reference).state is ChargeState.CLOSED

    def test_closing_a_paid_charge_says_that_it_was_paid(self, stage: Stage):
        charge = stage.paid()
        answer = stage.channel.close(stage.account, charge.reference)
        assert (answer.state, answer.paid) == (ChargeState.SUCCEEDED, charge.amount)

    def test_closing_a_number_of_nobody_is_absent(self, stage: Stage):
        answer = stage.channel.close(stage.account, ids.encode("pay", ids.new()))
        assert answer.state is ChargeState.ABSENT

    # refunding

    def test_a_refund_in_two_parts_gives_all_back(self, stage: Stage):
        charge = stage.paid()
        for amount in (1000, 234):
            ask = stage.ask(charge, amount)
            assert stage.channel.refund(stage.account, ask).state is RefundState.SUCCEEDED
            assert stage.channel.query_refund(stage.account, ask).state is RefundState.SUCCEEDED

    def test_a_refund_that_is_asked_for_again_is_made_once(self, stage: Stage):
        charge = stage.paid()
        ask = stage.ask(charge, 1000)
        for _ in range(3):
            assert stage.channel.refund(stage.account, ask).state is RefundState.SUCCEEDED
        rest = stage.ask(charge, 234)
        assert stage.channel.refund(stage.account, rest).state is RefundState.SUCCEEDED

    def test_a_refund_above_the_remainder_fails(self, stage: Stage):
        charge = stage.paid()
        stage.channel.refund(stage.account, stage.ask(charge, 1000))
        answer = stage.channel.refund(stage.account, stage.ask(charge, 235))
        assert answer.state is RefundState.FAILED

    def test_one_number_for_two_amounts_is_no_success(self, stage: Stage):
        charge = stage.paid()
        ask = stage.ask(charge, 100)
        stage.channel.refund(stage.account, ask)
        again = stage.channel.refund(stage.account, replace(ask, amount=Money(200, "CNY")))
        assert again.state is RefundState.UNKNOWN

    def test_a_refund_of_nobody_is_absent(self, stage: Stage):
        charge = stage.paid()
        assert stage.channel.query_refund(stage.account, stage.ask(charge, 100)).state is RefundState.ABSENT

    def test_a_refund_that_is_told_confirms_nothing(self, stage: Stage):
        charge = stage.paid()
        stage.told(ChargeState.SUCCEEDED)
        stage.channel.refund(stage.account, stage.ask(charge, 100))
        said = stage.channel.read_notice(stage.account, stage.ear.next())
        assert (said.reference, said.state) == (charge.reference, ChargeState.UNKNOWN)

    def test_a_refunded_charge_is_not_called_unpaid(self, stage: Stage):
        charge = stage.paid()
        stage.channel.refund(stage.account, stage.ask(charge, 100))
        assert stage.channel.query(stage.account, charge.reference).state is ChargeState.SUCCEEDED

    # trouble

    def test_a_server_that_is_away_leaves_everything_unknown(self, stage: Stage):
        charge = stage.charge()
        away = replace(stage.account, gateway="http://127.0.0.1:9/gateway.do")
        assert stage.channel.query(away, charge.reference).state is ChargeState.UNKNOWN
        assert stage.channel.close(away, charge.reference).state is ChargeState.UNKNOWN
        assert stage.channel.refund(away, stage.ask(charge, 1)).state is RefundState.UNKNOWN
        assert stage.channel.query_refund(away, stage.ask(charge, 1)).state is RefundState.UNKNOWN
