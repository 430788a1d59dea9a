"""Stripe as a test sees it, from the protocol alone: accounts, events and their signatures.

Nothing here comes from the adapter or its library, so neither can hide the other's mistake.
"""

import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

from kernel import clock, ids
from payments.channels.base import Account
from payments.channels.news import NoticeRequest

VECTORS = Path(__file__).parent / "vectors" / "stripe"
ACCOUNT_ID, API_KEY = "acct_1Keyway0000000001", "sk_test_4eC39HqLyjWDarjtT1zdp7dc"
SECRET, OLD_SECRET = "whsec_" + "a1b2c3d4" * 4, "whsec_" + "0f0f0f0f" * 4
PAYMENT, REFUND = "pay_01jdexamp1e000000000000000", "rfd_01jdexamp1e000000000000000"


def account(
    gateway: str = "http://127.0.0.1:9/stripe",
    *,
    account_id: str = ACCOUNT_ID,
    mode: str = "test",
    **secrets: str,
) -> Account:
    return Account(
        id=ids.new(),
        channel="stripe",
        gateway=gateway,
        settings={"account_id": account_id, "mode": mode},
        secrets={"api_key": API_KEY, "webhook_secret": SECRET, **secrets},
        version=1,
    )


def event(name: str, **changes: Any) -> dict[str, Any]:
    """A recorded event; `changes` go into its object."""
    found = json.loads((VECTORS / f"{name}.json").read_text())
    found["data"]["object"].update(changes)
    return dict(found)


def sign(body: bytes, secret: str = SECRET, *, age: int = 0) -> str:
    seconds = int(clock.now().timestamp()) - age
    made = hmac.new(secret.encode(), f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={seconds},v1={made}"


def notice(
    body: dict[str, Any] | bytes, *, secret: str = SECRET, age: int = 0, signature: str = ""
) -> NoticeRequest:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"Stripe-Signature": signature or sign(raw, secret, age=age)}
    return NoticeRequest(raw, "application/json; charset=utf-8", headers)
