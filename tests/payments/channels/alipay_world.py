"""Alipay as a test sees it, from the protocol and `cryptography` alone: keys, notifications, a gateway.

Nothing here comes from the adapter or its library, so neither can hide the other's mistake.
"""

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, quote_plus, urlsplit

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from kernel import ids
from payments.channels.base import Account
from payments.channels.news import NoticeRequest

APP_ID, SELLER_ID = "2021000118661234", "2088102146225135"
FORM = "application/x-www-form-urlencoded; charset=utf-8"


@cache
def key(owner: str) -> rsa.RSAPrivateKey:
    """One RSA key an owner: `app` signs requests, `alipay` signs answers and notifications."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def private_pem(owner: str) -> str:
    return (
        key(owner)
        .private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        .decode()
    )


def public_pem(owner: str) -> str:
    return (
        key(owner)
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )


def account(gateway: str = "http://127.0.0.1:9/gateway.do", **settings: str) -> Account:
    return Account(
        id=ids.new(),
        channel="alipay",
        gateway=gateway,
        settings={"app_id": APP_ID, "seller_id": SELLER_ID, **settings},
        secrets={"private_key": private_pem("app"), "channel_public_key": public_pem("alipay")},
        version=1,
    )


def sign(text: str, owner: str = "alipay", algorithm: hashes.HashAlgorithm | None = None) -> str:
    made = key(owner).sign(text.encode(), padding.PKCS1v15(), algorithm or hashes.SHA256())
    return base64.b64encode(made).decode()


def signs(text: str, signature: str, owner: str) -> None:
    """Raise InvalidSignature unless `owner` signed the text."""
    key(owner).public_key().verify(
        base64.b64decode(signature), text.encode(), padding.PKCS1v15(), hashes.SHA256()
    )


def joined(fields: dict[str, str], *, without: tuple[str, ...] = ()) -> str:
    return "&".join(f"{name}={fields[name]}" for name in sorted(fields) if name not in without)


VECTORS = Path(__file__).parent / "vectors" / "alipay"
# A notification that was paid, from the open platform's documentation.
PAID: dict[str, str] = json.loads((VECTORS / "paid.json").read_text(encoding="utf-8"))


def signed(fields: dict[str, str], owner: str = "alipay") -> dict[str, str]:
    """The fields of a notification with Alipay's signature over them."""
    text = joined(fields, without=("sign", "sign_type"))
    return {**fields, "sign_type": "RSA2", "sign": sign(text, owner)}


def encoded(fields: dict[str, str]) -> bytes:
    return "&".join(f"{name}={quote_plus(value)}" for name, value in fields.items()).encode()


def notice(body: dict[str, str] | bytes, content_type: str = FORM) -> NoticeRequest:
    raw = body if isinstance(body, bytes) else encoded(body)
    return NoticeRequest(body=raw, content_type=content_type, headers={})


def paid(**changes: str) -> NoticeRequest:
    """A genuine notification; `changes` are signed as well."""
    return notice(signed({**PAID, **changes}))


def answer(method: str, content: dict[str, str], owner: str = "alipay") -> bytes:
    """A signed answer of the gateway to a call of `method`."""
    raw = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    name = method.replace(".", "_") + "_response"
    return f'{{"{name}":{raw},"sign":"{sign(raw, owner)}"}}'.encode()


def done(**content: str) -> dict[str, str]:
    return {"code": "10000", "msg": "Success", **content}


def failed(sub_code: str, code: str = "40004") -> dict[str, str]:
    return {"code": code, "msg": "Business Failed", "sub_code": sub_code, "sub_msg": "失败"}


@dataclass
class Call:
    """One request as the gateway got it."""

    query: dict[str, str]
    content: dict[str, str]

    @property
    def method(self) -> str:
        return self.query["method"]


@dataclass
class Gateway:
    """A gateway that answers what a test put into `answers`: a content to sign, raw bytes, or a status.

    Without an answer it stays silent until the test ends.
    """

    url: str = ""
    answers: list[dict[str, str] | bytes | int] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)

    def reply(self, call: Call) -> tuple[int, bytes]:
        said = self.answers.pop(0)
        if isinstance(said, int):
            return said, b"Bad Gateway"
        return 200, said if isinstance(said, bytes) else answer(call.method, said)


@contextmanager
def gateway() -> Iterator[Gateway]:
    """A gateway on a port of its own, on loopback."""
    world = Gateway()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            call = Call(query, json.loads(form["biz_content"]))
            signs(joined({**query, **form}, without=("sign",)), query["sign"], "app")
            world.calls.append(call)
            if not world.answers:
                world.ended.wait()
                return
            status, said = world.reply(call)
            self.send_response(status)
            self.send_header("Content-Type", "text/html;charset=utf-8")
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    world.url = f"http://127.0.0.1:{server.server_port}/gateway.do"
    threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
    try:
        yield world
    finally:
        world.ended.set()
        server.shutdown()
        server.server_close()
