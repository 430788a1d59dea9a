"""A signed call in, a signed answer out."""

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.http import HttpResponse

from kernel import clock

from ..models import BankCall, BankClient, BankTransfer
from . import signing, transfers
from .plays import play_of
from .transfers import Asked, Refused

_YOUNG = timedelta(minutes=5)
_JSON = "application/json"


@dataclass(frozen=True)
class Call:
    """What came over the wire."""

    method: str
    path: str
    body: bytes
    headers: Mapping[str, str]

    def head(self, name: str) -> str:
        """One of the bank's headers."""
        return self.headers.get(f"Bank-{name}", "")


def answer(call: Call, request_no: str) -> HttpResponse:
    """Do what a call asks for. Without `request_no` it sends, with it it asks."""
    try:
        client = _believed(call)
    except Refused as refused:
        # Whoever is not believed gets no signature either.
        return HttpResponse(json.dumps({"code": refused.code}), status=refused.status, content_type=_JSON)
    try:
        transfer, is_new = _done(client, call, request_no)
    except Refused as refused:
        number = request_no or _number_of(call.body)
        return _signed(client, call, refused.status, {"request_no": number, "code": refused.code})
    play = play_of(transfer.number)
    if is_new and play.silent:
        threading.Event().wait(client.silence_seconds)
        return HttpResponse(status=504)
    forged = is_new and play.forged
    return _signed(client, call, 200, _content(transfer), forged=forged)


def _believed(call: Call) -> BankClient:
    client = BankClient.objects.filter(name=call.head("Client")).first()
    if client is None:
        raise Refused(401, "unknown_client")
    timestamp, nonce = call.head("Timestamp"), call.head("Nonce")
    lines = (call.method, call.path, client.name, timestamp, nonce, signing.digest(call.body))
    if not signing.fits(client.secret, call.head("Signature"), *lines):
        raise Refused(401, "bad_signature")
    if call.head("Digest") != signing.digest(call.body):
        raise Refused(401, "bad_digest")
    now = clock.now()
    if not timestamp.isdecimal() or abs(now.timestamp() - int(timestamp)) > _YOUNG.total_seconds():
        raise Refused(401, "stale")
    if not 16 <= len(nonce) <= 64:
        raise Refused(401, "bad_nonce")
    BankCall.objects.filter(seen_at__lt=now - 2 * _YOUNG).delete()
    try:
        with transaction.atomic():
            BankCall.objects.create(client=client, nonce=nonce, seen_at=now)
    except IntegrityError:
        raise Refused(401, "repeated") from None
    return client


def _done(client: BankClient, call: Call, request_no: str) -> tuple[BankTransfer, bool]:
    """The transfer, and whether this call made it: only then it is played."""
    if request_no:
        return transfers.find(client, request_no), False
    try:
        content = json.loads(call.body)
    except ValueError:
        raise Refused(400, "not_json") from None
    return transfers.take(client, Asked.read(content))


def _content(transfer: BankTransfer) -> dict[str, Any]:
    return {
        "request_no": transfer.request_no,
        "reference": f"B{transfer.pk.int % 10**15:015d}",
        "state": transfer.state,
        "amount": transfer.amount,
        "currency": transfer.currency,
        "code": transfer.code,
        "message": "",
    }


def _signed(
    client: BankClient, call: Call, status: int, content: dict[str, Any], *, forged: bool = False
) -> HttpResponse:
    body = json.dumps(content, ensure_ascii=False).encode()
    timestamp = str(int(clock.now().timestamp()))
    lines = (call.head("Nonce"), str(status), timestamp, signing.digest(body))
    signature = signing.sign("forged" if forged else client.secret, *lines)
    headers = {"Bank-Timestamp": timestamp, "Bank-Signature": signature}
    return HttpResponse(body, status=status, content_type=_JSON, headers=headers)


def _number_of(body: bytes) -> str:
    try:
        content = json.loads(body)
    except ValueError:
        return ""
    return str(content.get("request_no", ""))[:64] if isinstance(content, dict) else ""
