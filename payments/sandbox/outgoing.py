"""The sandbox's way to a merchant's server."""

from collections.abc import Mapping
from dataclasses import dataclass

from kernel.errors import Problem
from web import transport

_LIMITS = transport.Limits(connect=3, read=10, total=12, response_bytes=65_536)
_KEPT = 200


@dataclass(frozen=True)
class Reply:
    """What came back: a status and the beginning of the text, or no status and the reason."""

    status: int | None
    text: str


def post_form(url: str, form: bytes) -> Reply:
    """Send a form as Alipay sends its own."""
    return post(url, form, {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"})


def post(url: str, body: bytes, headers: Mapping[str, str]) -> Reply:
    """Send what a channel has to say. Never raises: a merchant's server may be anything."""
    try:
        answer = transport.send("POST", url, headers=headers, body=body, limits=_LIMITS)
    except Problem as problem:
        return Reply(None, problem.code)
    return Reply(answer.status, answer.body[:_KEPT].decode("utf-8", "replace").replace("\0", "\ufffd"))
