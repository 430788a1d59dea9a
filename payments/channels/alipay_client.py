"""The library's client with our signature, our clock and our HTTP: everything below the words of Alipay."""

import base64
import binascii
import json
import re
from typing import Any
from uuid import UUID

from alipay import AliPay
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from kernel import clock
from kernel.errors import Problem
from web import transport

from .alipay_terms import beijing
from .base import Account

Content = dict[str, Any]

_LIMITS = transport.Limits(connect=3.0, read=8.0, total=10.0, response_bytes=262_144)
_FORM = {"Content-Type": "application/x-www-form-urlencoded;charset=utf-8"}
_MAX_CLIENTS = 2_000
_CODE = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)


class Unclear(Exception):
    """What came back proves nothing: no answer, garbage, or a signature that is missing or wrong."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


class Client(AliPay):  # type: ignore[misc]
    """One account's client, safe to share between threads.

    The library signs in 0.9 ms and verifies in 0.27 ms where `cryptography` takes 0.22 and 0.02 (RSA-2048,
    measured on one core); the place request signs once and the notice verifies once, so these two primitives
    are replaced and all else of the signature (order, joining, quoting) stays the library's.
    """

    def __init__(self, account: Account) -> None:
        self._private: RSAPrivateKey
        self._public: RSAPublicKey
        super().__init__(
            appid=account.settings["app_id"],
            app_private_key_string=account.secrets["private_key"],
            alipay_public_key_string=account.secrets["channel_public_key"],
            sign_type="RSA2",
        )
        self._gateway = account.gateway

    def _load_key(self) -> None:
        # `check` proved the key when the account was saved and the vault's seal proves it unchanged since;
        # proving it again costs 27 ms a client, loading it 0.01 ms.
        private = load_pem_private_key(
            self._app_private_key_string.encode(), None, unsafe_skip_rsa_key_validation=True
        )
        public = load_pem_public_key(self._alipay_public_key_string.encode())
        if not isinstance(private, RSAPrivateKey) or not isinstance(public, RSAPublicKey):
            raise TypeError("Alipay's keys are RSA keys.")
        self._private, self._public = private, public

    def _sign(self, unsigned_string: str) -> str:
        signature = self._private.sign(unsigned_string.encode(), PKCS1v15(), SHA256())
        return base64.b64encode(signature).decode()

    def _verify(self, raw_content: str, signature: str) -> bool:
        try:
            given = binascii.a2b_base64(signature.encode("ascii"), strict_mode=True)
            self._public.verify(given, raw_content.encode(), PKCS1v15(), SHA256())
        except (InvalidSignature, ValueError):  # binascii and unicode errors are ValueErrors
            return False
        return True

    def fits(self, text: str, signature: str) -> bool:
        """Whether Alipay signed `text`, by RSA2 and nothing else."""
        return self._verify(text, signature)

    def build_body(self, method: str, biz_content: Content | None = None, **kwargs: Any) -> Content:
        """The library's request, dated in Beijing: it writes the server's local time, whatever that is."""
        data: Content = super().build_body(method, biz_content, **kwargs)
        data["timestamp"] = beijing(clock.now())
        data["format"] = "JSON"
        return data

    def link(self, query: str) -> str:
        """The address that a buyer opens, from a signed query."""
        return f"{self._gateway}?{query}"

    def verified_sync_response(self, data: Content, response_type: str) -> Content:
        """Ask the gateway: the library's one call, through our transport. Raises Unclear.

        As Alipay's own libraries do, what is common goes into the address and the content into the body.
        """
        signed = self.sign_data(data).split("&")
        body = "&".join(pair for pair in signed if pair.startswith("biz_content="))
        query = "&".join(pair for pair in signed if not pair.startswith("biz_content="))
        try:
            answer = transport.send(
                "POST", self.link(query), headers=_FORM, body=body.encode("ascii"), limits=_LIMITS
            )
        except Problem as problem:  # NoAnswer and Refused
            raise Unclear(problem.code) from problem
        if answer.status != 200:
            raise Unclear(f"http.{answer.status}")
        return self._verified(answer.body, response_type)

    def _verified(self, body: bytes, response_type: str) -> Content:
        """The content of a signed answer. The library finds its end by counting braces, in texts too."""
        try:
            text = body.decode("utf-8")
            whole = json.loads(text, object_pairs_hook=_once)
            raw = _raw_member(text, response_type)
        except (ValueError, RecursionError) as error:
            raise Unclear("garbage") from error
        sign = whole.get("sign") if isinstance(whole, dict) else None
        if raw is None or not isinstance(sign, str) or not self._verify(raw, sign):
            raise Unclear(_unsigned_code(whole, response_type))
        content = json.loads(raw)
        if not isinstance(content, dict):
            raise Unclear("garbage")
        return content


def _once(pairs: list[tuple[str, Any]]) -> Content:
    content = dict(pairs)
    if len(content) != len(pairs):
        raise ValueError("a name came twice")
    return content


def _raw_member(text: str, name: str) -> str | None:
    """The text of a member of an object just as it was sent: that is what was signed."""
    found = re.search(rf'"{re.escape(name)}"\s*:\s*', text)
    if found is None:
        return None
    _, end = json.JSONDecoder().raw_decode(text, found.end())
    return text[found.end() : end]


def _unsigned_code(whole: Any, response_type: str) -> str:
    """A code for the attempts table. The gateway's own refusals (a wrong app id) come without a signature."""
    error = whole.get("error_response", whole.get(response_type)) if isinstance(whole, dict) else None
    code = error.get("sub_code", error.get("code")) if isinstance(error, dict) else None
    return f"unsigned:{code}" if isinstance(code, str) and _CODE.fullmatch(code) else "bad_signature"


_clients: dict[tuple[UUID, int, str], Client] = {}


def client_of(account: Account) -> Client:
    """The account's client, built once for each version of its credentials."""
    key = (account.id, account.version, account.gateway)
    client = _clients.get(key)
    if client is None:
        if len(_clients) >= _MAX_CLIENTS:
            _clients.clear()
        client = _clients[key] = Client(account)
    return client
