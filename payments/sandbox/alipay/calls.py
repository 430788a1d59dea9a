"""A call at the gateway: read as it stands on the wire, and believed only when the app's signature fits."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from html import escape
from typing import Any
from urllib.parse import parse_qsl

from ..models import AlipayApp
from . import beijing, errors, signing

CHARSETS = {"utf-8": "utf-8", "gbk": "gbk", "gb2312": "gb2312"}
PAGE_METHODS = {"alipay.trade.page.pay", "alipay.trade.wap.pay"}
_REQUIRED = ("method", "sign", "sign_type", "timestamp", "version")
_AHEAD = timedelta(minutes=10)
_BEHIND = timedelta(minutes=10)
# A signed link to the cashier is opened when the buyer taps it, which may be long after it was signed.
_PAGE_BEHIND = timedelta(hours=2)
_CHARSET = re.compile(rb"(?:^|&)charset=([^&]+)")


@dataclass(frozen=True)
class Call:
    """A believed call. `content` is `biz_content`; its numbers are Decimal: no amount meets a float."""

    app: AlipayApp
    method: str
    parameters: Mapping[str, str]
    content: Mapping[str, Any]
    charset: str
    moment: datetime


def charset_of(query: bytes, body: bytes) -> str:
    """The charset that the call names itself, which says how the rest of it is to be read."""
    named = _CHARSET.search(query) or _CHARSET.search(body)
    return CHARSETS.get(named[1].decode("ascii", "replace").lower(), "") if named else "gbk"


def read(query: bytes, body: bytes) -> dict[str, str]:
    """The parameters of address and form together. Raises Refusal where one comes twice or cannot be read."""
    charset = charset_of(query, body)
    if not charset:
        raise errors.invalid("charset", "字符集错误", signed=False)
    try:
        pairs = [
            pair
            for part in (query, body)
            for pair in parse_qsl(
                part.decode("ascii"),
                keep_blank_values=True,
                encoding=charset,
                errors="strict",
                max_num_fields=60,
            )
        ]
    except ValueError as error:
        raise errors.invalid("encoding", "编码错误", signed=False) from error
    parameters = dict(pairs)
    if len(parameters) != len(pairs):
        raise errors.invalid("parameter", "参数重复", signed=False)
    return parameters


def believe(app: AlipayApp | None, parameters: Mapping[str, str], moment: datetime) -> Call:
    """Check with which signature `app` calls, and when. Raises Refusal."""
    if not parameters.get("app_id"):
        raise errors.missing("app_id", signed=False)
    if app is None:
        raise errors.invalid("app-id", "无效的AppID参数", signed=False)
    for name in _REQUIRED:
        if not parameters.get(name):
            raise errors.missing(name)
    if parameters["sign_type"] != "RSA2":
        raise errors.invalid("signature-type", "无效的签名类型")
    charset = CHARSETS[parameters.get("charset", "gbk").lower()]
    text = signing.call_text(parameters)
    if not signing.verifies(app.app_public_key, text.encode(charset), parameters["sign"]):
        words = "验签出错，建议检查签名字符串或签名私钥与应用公钥是否匹配，网关生成的验签字符串为："
        raise errors.invalid("signature", words + escape(text))
    _check_time(parameters, moment)
    if parameters["version"] != "1.0":
        raise errors.invalid("version", "版本错误")
    if parameters.get("format", "JSON").upper() != "JSON":
        raise errors.invalid("format", "数据格式错误")
    return Call(app, parameters["method"], parameters, _content(parameters), charset, moment)


def _check_time(parameters: Mapping[str, str], moment: datetime) -> None:
    try:
        said = beijing.parse(parameters["timestamp"])
    except ValueError as error:
        raise errors.invalid("timestamp", "非法的时间戳参数") from error
    behind = _PAGE_BEHIND if parameters["method"] in PAGE_METHODS else _BEHIND
    if not moment - behind <= said <= moment + _AHEAD:
        raise errors.invalid("timestamp", "非法的时间戳参数")


def _content(parameters: Mapping[str, str]) -> Mapping[str, Any]:
    try:
        content = json.loads(parameters.get("biz_content") or "{}", parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        raise errors.invalid("parameter", "参数无效") from error
    if not isinstance(content, dict):
        raise errors.invalid("parameter", "参数无效")
    return content
