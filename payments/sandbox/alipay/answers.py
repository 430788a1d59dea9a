"""An answer of the gateway: JSON whose one node is signed exactly as it stands in the text."""

import json
from collections.abc import Mapping

from ..models import AlipayApp
from . import signing
from .errors import Refusal


def success(fields: Mapping[str, object]) -> dict[str, object]:
    """The node of a call that was done."""
    return {"code": "10000", "msg": "Success", **dict(sorted(fields.items()))}


def refusal(problem: Refusal) -> dict[str, object]:
    """The node of a call that was not."""
    words = {
        "code": problem.code,
        "msg": problem.msg,
        "sub_code": problem.sub_code,
        "sub_msg": problem.sub_msg,
    }
    return {**words, **dict(sorted(problem.fields.items()))}


def node_name(method: str, *, known: bool) -> str:
    """`alipay_trade_query_response`; a method that nobody knows is answered under `error_response`."""
    return method.replace(".", "_") + "_response" if known else "error_response"


def write(name: str, node: Mapping[str, object], app: AlipayApp | None, charset: str) -> bytes:
    """The whole answer. The signature covers the node's text: slashes escaped, Chinese plain, no spaces."""
    text = json.dumps(node, ensure_ascii=False, separators=(",", ":")).replace("/", "\\/")
    if app is None:
        return f'{{"{name}":{text}}}'.encode(charset)
    signature = signing.sign(app.platform_private_key, text.encode(charset))
    return f'{{"{name}":{text},"sign":"{signature}"}}'.encode(charset)
