"""A merchant who has only Alipay's documentation: the published SDK against our server, over real HTTP."""

import json
import secrets
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from alipay import AliPay
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.test import Client
from django.utils.datastructures import CaseInsensitiveMapping

from payments.sandbox.alipay import apps

SELLER = "2088102146225135"


@lru_cache(maxsize=2)
def key_pair(which: str) -> tuple[str, str]:
    """A private and a public key, PEM. Made once: it takes a while."""
    key = rsa.generate_private_key(public_exponent=65_537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return private.decode(), public.decode()


@dataclass
class Reply:
    """What came over the wire, as it came."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The body in the charset that it is said to be in."""
        return self.body.decode(self.headers["Content-Type"].partition("charset=")[2] or "utf-8")

    @property
    def node(self) -> dict[str, Any]:
        """The one node of the answer that is not the signature."""
        return next(value for name, value in json.loads(self.text).items() if name != "sign")


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


_opener = urllib.request.build_opener(_Stay)
FORM = "application/x-www-form-urlencoded"


class Line(Protocol):
    """How a request gets to the sandbox: one request, no redirect followed, whatever the status."""

    url: str

    def fetch(
        self,
        url: str,
        form: dict[str, str] | bytes | None = None,
        kind: str = FORM,
        headers: Mapping[str, str] | None = None,
    ) -> Reply: ...


class Wire:
    """Over real HTTP."""

    def __init__(self, url: str) -> None:
        self.url = url

    def fetch(
        self,
        url: str,
        form: dict[str, str] | bytes | None = None,
        kind: str = FORM,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        request = urllib.request.Request(url, _encoded(form), {"Content-Type": kind, **(headers or {})})
        try:
            with _opener.open(request, timeout=20) as answer:
                return Reply(answer.status, CaseInsensitiveMapping(dict(answer.headers)), answer.read())
        except urllib.error.HTTPError as error:
            return Reply(error.code, CaseInsensitiveMapping(dict(error.headers)), error.read())


class Inside:
    """Within this process and its transaction, through the whole of Django: the same, faster."""

    url = "http://testserver"

    def fetch(
        self,
        url: str,
        form: dict[str, str] | bytes | None = None,
        kind: str = FORM,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        data = _encoded(form)
        method = "GET" if data is None else "POST"
        answer = Client(enforce_csrf_checks=True).generic(
            method, url.removeprefix(self.url), data or b"", content_type=kind, headers=headers
        )
        return Reply(answer.status_code, answer.headers, answer.getvalue())


def _encoded(form: dict[str, str] | bytes | None) -> bytes | None:
    return urllib.parse.urlencode(form).encode() if isinstance(form, dict) else form


class _Sdk(AliPay):
    """The published SDK, with its one HTTP call over our line."""

    line: Line

    def verified_sync_response(self, data: dict[str, Any], response_type: str) -> dict[str, Any]:
        raw = self.line.fetch(f"{self._gateway}?{self.sign_data(data)}").body.decode()
        return dict(self._verify_and_return_sync_response(raw, response_type))


class Shop:
    """An app with its SDK. Calls that the gateway refuses come back as its node."""

    def __init__(self, line: Line, *, magic: bool = False) -> None:
        self.line, self.url, self.fetch = line, line.url, line.fetch
        self.app_id = "20210" + str(secrets.randbelow(10**11)).zfill(11)
        private, public = key_pair("shop")
        self.platform_key = apps.register(self.app_id, public, SELLER, name="极速发卡", magic=magic)
        # Over real HTTP the SDK speaks for itself.
        self.sdk = (AliPay if isinstance(line, Wire) else _Sdk)(
            appid=self.app_id,
            app_notify_url=None,
            app_private_key_string=private,
            alipay_public_key_string=self.platform_key,
        )
        self.sdk.line = line
        self.sdk._gateway = f"{line.url}/gateway.do"

    def call(self, method: str, **content: Any) -> dict[str, Any]:
        """A call through the SDK, which verifies the answer's signature and raises when it does not fit."""
        return self.sdk.server_api(method, content)

    def query(self, number: str) -> dict[str, Any]:
        return self.call("alipay.trade.query", out_trade_no=number)

    def precreate(self, amount: str = "12.34", *, notify_url: str = "", **more: Any) -> tuple[str, str]:
        """A new order number and the address in its QR code."""
        number = order_number()
        content = {"out_trade_no": number, "total_amount": amount, "subject": "礼品卡 100", **more}
        answer = self.sdk.server_api("alipay.trade.precreate", content, notify_url=notify_url)
        assert answer["code"] == "10000", answer
        return number, answer["qr_code"]

    def page(self, amount: str = "12.34", *, method: str = "page", **more: Any) -> tuple[str, str]:
        """A new order number and the signed address that its buyer's browser is sent to."""
        number = order_number()
        urls = {name: more.pop(name, "") for name in ("return_url", "notify_url")}
        content = {"out_trade_no": number, "total_amount": amount, "subject": "礼品卡 100", **more}
        body = self.sdk.build_body(f"alipay.trade.{method}.pay", content, **urls)
        return number, f"{self.url}/gateway.do?{self.sdk.sign_data(body)}"

    def signed(self, method: str, content: dict[str, Any], **changed: str) -> dict[str, str]:
        """The parameters of a call, as they would go out."""
        body = {**self.sdk.build_body(method, content), **changed}
        return dict(urllib.parse.parse_qsl(self.sdk.sign_data(body)))

    def post(self, form: dict[str, str] | bytes) -> Reply:
        return self.fetch(f"{self.url}/gateway.do", form)

    def verifies(self, parameters: dict[str, str]) -> bool:
        """Whether the SDK believes a notification or the way back."""
        unsigned = {name: value for name, value in parameters.items() if name != "sign"}
        return bool(self.sdk.verify(unsigned, parameters["sign"]))

    def verifies_node(self, answer: bytes, name: str) -> bool:
        """Whether the signature of an answer covers its node exactly as it stands in the text."""
        text = answer.decode()
        start, end = text.index(f'"{name}":') + len(name) + 3, text.rindex(',"sign":')
        return bool(self.sdk._verify(text[start:end], json.loads(text)["sign"]))

    def pay(self, cashier: str, ending: str = "pay", **fields: str) -> Reply:
        """What the buyer does: open the cashier and press a button."""
        self.fetch(cashier)
        return self.fetch(cashier, {"ending": ending, **fields})


def order_number() -> str:
    return f"pay_{secrets.token_hex(12)}"


def beijing_now() -> datetime:
    return datetime.now(ZoneInfo("Asia/Shanghai"))
