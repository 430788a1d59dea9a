"""The bank: what a client who has only its description may do, and what it refuses."""

import hashlib
import hmac
import json
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from payments.sandbox.bank import clients
from payments.sandbox.models import BankClient, BankTransfer
from tests.payments.sandbox.shop import Inside, Reply

ASKED = {
    "request_no": "po_1",
    "amount": 12_345,
    "currency": "CNY",
    "holder": "晨光数码",
    "bank": "工商银行",
    "number": "6222000000000001",
}


@dataclass
class Client:
    """Signs as the description says."""

    line: Inside
    secret: str
    name: str = "keyway"

    def call(self, method: str, path: str, body: bytes = b"", **heads: str) -> Reply:
        nonce, now = uuid4().hex, str(int(time.time()))
        digest = hashlib.sha256(body).hexdigest()
        values = {"Client": self.name, "Timestamp": now, "Nonce": nonce, "Digest": digest, **heads}
        text = "\n".join([method, path, *(values[n] for n in ("Client", "Timestamp", "Nonce", "Digest"))])
        values.setdefault("Signature", hmac.new(self.secret.encode(), text.encode(), "sha256").hexdigest())
        headers = {f"Bank-{name}": value for name, value in values.items()}
        form = body if method == "POST" else None
        reply = self.line.fetch(self.line.url + path, form, "application/json", headers)
        self.nonce = values["Nonce"]
        return reply

    def send(self, **changes: Any) -> Reply:
        return self.call("POST", "/bank/transfers", json.dumps(ASKED | changes).encode())

    def ask(self, number: str = "po_1") -> Reply:
        return self.call("GET", f"/bank/transfers/{number}")


@pytest.fixture
def client(inside: Inside) -> Client:
    return Client(inside, clients.register("keyway", "Keyway"))


def content(reply: Reply) -> dict[str, Any]:
    return json.loads(reply.body)


def let_time_pass() -> None:
    for transfer in BankTransfer.objects.filter(due_at__isnull=False):
        BankTransfer.objects.filter(pk=transfer.pk).update(due_at=transfer.due_at - timedelta(minutes=1))


def test_a_transfer_is_paid_and_the_answer_is_signed_over_the_calls_nonce(client):
    reply = client.send()
    known = {name: content(reply)[name] for name in ("request_no", "state", "amount", "currency")}
    assert known == {"request_no": "po_1", "state": "paid", "amount": 12_345, "currency": "CNY"}
    digest = hashlib.sha256(reply.body).hexdigest()
    text = "\n".join([client.nonce, "200", reply.headers["Bank-Timestamp"], digest])
    expected = hmac.new(client.secret.encode(), text.encode(), "sha256").hexdigest()
    assert reply.headers["Bank-Signature"] == expected


def test_a_number_that_was_sent_before_does_nothing_more(client):
    client.send()
    assert content(client.send())["state"] == "paid"
    assert BankTransfer.objects.count() == 1


def test_other_content_under_a_number_is_a_conflict(client):
    client.send()
    reply = client.send(amount=12_346)
    assert (reply.status, content(reply)) == (409, {"request_no": "po_1", "code": "conflict"})


def test_an_unknown_number_is_absent(client):
    reply = client.ask("po_2")
    assert (reply.status, content(reply)) == (404, {"request_no": "po_2", "code": "absent"})


@pytest.mark.parametrize(
    ("digits", "at_once", "later"),
    [
        ("0001", "paid", "paid"),
        ("0002", "accepted", "returned"),
        ("0003", "refused", "refused"),
        ("0004", "accepted", "paid"),
        ("0008", "paid", "returned"),
        ("0009", "accepted", "accepted"),
        ("4711", "paid", "paid"),
    ],
)
def test_the_last_digits_of_the_account_decide(client, digits, at_once, later):
    assert content(client.send(number=f"622200000000{digits}"))["state"] == at_once
    let_time_pass()
    assert content(client.ask())["state"] == later


@pytest.mark.parametrize(("digits", "status"), [("0005", 200), ("0006", 404)])
def test_after_silence_the_transfer_is_done_or_was_never_heard_of(client, digits, status):
    BankClient.objects.update(silence_seconds=0)
    assert client.send(number=f"622200000000{digits}").status == 504
    assert client.ask().status == status
    assert content(client.send(number=f"622200000000{digits}"))["state"] == "paid"


@pytest.mark.parametrize(
    ("heads", "code"),
    [
        ({"Client": "nobody"}, "unknown_client"),
        ({"Signature": "0" * 64}, "bad_signature"),
        ({"Timestamp": "1700000000"}, "stale"),
        ({"Digest": "0" * 64}, "bad_signature"),
        ({"Nonce": "short"}, "bad_nonce"),
    ],
)
def test_a_call_that_is_not_the_clients_does_nothing(client, heads, code):
    reply = client.call("POST", "/bank/transfers", b"{}", **heads)
    assert (reply.status, content(reply)) == (401, {"code": code})
    assert "Bank-Signature" not in reply.headers


def test_a_call_that_was_seen_before_is_refused(client):
    client.send()
    reply = client.call("GET", "/bank/transfers/po_1", Nonce=client.nonce)
    assert (reply.status, content(reply)) == (401, {"code": "repeated"})


@pytest.mark.parametrize(
    "changes", [{"amount": 0}, {"amount": 1.5}, {"amount": True}, {"holder": ""}, {"extra": 1}]
)
def test_content_that_is_no_transfer_is_refused(client, changes):
    assert client.send(**changes).status == 400
    assert not BankTransfer.objects.exists()


def test_buttons_on_the_desk_pay_and_send_back(client):
    client.send(number="6222000000000009")
    transfer = BankTransfer.objects.get()
    desk = client.line.fetch(f"{client.line.url}/bank/")
    assert (desk.status, b"po_1" in desk.body) == (200, True)
    for state in ("paid", "returned"):
        done = client.line.fetch(f"{client.line.url}/bank/transfers/{transfer.pk}/do/", {"state": state})
        assert (done.status, content(client.ask())["state"]) == (302, state)
