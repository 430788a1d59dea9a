"""The bank rail: transfers as JSON over HTTP, signed both ways by HMAC-SHA256 (`docs/settlement.md`).

Only an answer that is signed over our own nonce and names our own number says anything; everything else is
UNKNOWN, and is asked about again.
"""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit

import orjson

from kernel import clock
from kernel.errors import Problem, said
from kernel.money import Money
from settlement.errors import RailRefused
from settlement.rails import Connection, TransferAnswer, TransferAsk, TransferState
from web import transport

CODE = "bank"
SECRET_LENGTH = 32
_AGE_SECONDS = 300
_LIMITS = transport.Limits(connect=3.0, read=8.0, total=10.0, response_bytes=65_536)

_STATES = {
    "accepted": TransferState.ACCEPTED,
    "paid": TransferState.PAID,
    "returned": TransferState.RETURNED,
    "refused": TransferState.FAILED,
}


class Unclear(Exception):
    """What came back proves nothing."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


class Bank:
    """The rail. `limits` say how long it waits for the bank."""

    def __init__(self, limits: transport.Limits = _LIMITS) -> None:
        self._limits = limits

    def check(self, account: Connection) -> None:
        """A name, a secret that is long enough, and an address."""
        if not account.settings.get("client"):
            raise RailRefused(why=said("the client's name is missing"))
        if len(account.secrets.get("secret", "")) < SECRET_LENGTH:
            raise RailRefused(why=said("the secret has less than 32 characters"))
        if urlsplit(account.gateway).scheme not in ("http", "https"):
            raise RailRefused(why=said("the address is not one of the web"))

    def transfer(self, account: Connection, ask: TransferAsk) -> TransferAnswer:
        """Send money, or hear how it stands where this number was sent before."""
        content = {
            "request_no": ask.request_no,
            "amount": ask.amount.amount,
            "currency": ask.amount.currency,
            "holder": ask.holder,
            "bank": ask.bank,
            "number": ask.number,
        }
        return self._asked(account, "POST", "/transfers", ask.request_no, orjson.dumps(content))

    def query(self, account: Connection, request_no: str) -> TransferAnswer:
        """How a transfer stands."""
        return self._asked(account, "GET", f"/transfers/{quote(request_no, safe='')}", request_no)

    def _asked(
        self, account: Connection, method: str, path: str, request_no: str, body: bytes = b""
    ) -> TransferAnswer:
        try:
            status, content = self._answer(account, method, path, body)
            return _read(status, content, request_no)
        except Unclear as unclear:
            return TransferAnswer(TransferState.UNKNOWN, unclear.code)

    def _answer(
        self, account: Connection, method: str, path: str, body: bytes
    ) -> tuple[int, Mapping[str, Any]]:
        """A verified answer. Raises Unclear."""
        url = account.gateway.rstrip("/") + path
        key, nonce = account.secrets["secret"].encode(), secrets.token_hex(16)
        timestamp, digest = str(int(clock.now().timestamp())), hashlib.sha256(body).hexdigest()
        signed = "\n".join((method, urlsplit(url).path, account.settings["client"], timestamp, nonce, digest))
        headers = {
            "Bank-Client": account.settings["client"],
            "Bank-Timestamp": timestamp,
            "Bank-Nonce": nonce,
            "Bank-Digest": digest,
            "Bank-Signature": _mac(key, signed),
            "Content-Type": "application/json",
        }
        try:
            answer = transport.send(method, url, headers=headers, body=body, limits=self._limits)
        except Problem as problem:  # NoAnswer and Refused
            raise Unclear(problem.code) from problem
        return answer.status, _verified(answer, key, nonce)


def _verified(answer: transport.Answer, key: bytes, nonce: str) -> Mapping[str, Any]:
    timestamp, digest = answer.headers.get("bank-timestamp", ""), hashlib.sha256(answer.body).hexdigest()
    signed = "\n".join((nonce, str(answer.status), timestamp, digest))
    if not hmac.compare_digest(_mac(key, signed), answer.headers.get("bank-signature", "")):
        raise Unclear(f"unsigned:{answer.status}")
    if not timestamp.isdecimal() or abs(clock.now().timestamp() - int(timestamp)) > _AGE_SECONDS:
        raise Unclear("stale")
    try:
        content = orjson.loads(answer.body)
    except ValueError as error:
        raise Unclear("garbage") from error
    if not isinstance(content, dict):
        raise Unclear("garbage")
    return content


def _read(status: int, content: Mapping[str, Any], request_no: str) -> TransferAnswer:
    code, message = str(content.get("code", "")), str(content.get("message", ""))
    if content.get("request_no") != request_no:
        raise Unclear("another_number")
    if status == 404:
        return TransferAnswer(TransferState.ABSENT, code, message)
    state = _STATES.get(str(content.get("state")))
    amount, currency = content.get("amount"), content.get("currency")
    if status != 200 or state is None or type(amount) is not int or not isinstance(currency, str):
        # A conflict is one of these: the number is taken by other content, and a person has to look.
        return TransferAnswer(TransferState.UNKNOWN, code or f"http.{status}", message)
    return TransferAnswer(state, code, message, Money(amount, currency))


def _mac(key: bytes, text: str) -> str:
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
