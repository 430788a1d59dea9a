"""Reading a body: one JSON object in UTF-8, each name once, no NaN, no depth without end, bounded in size."""

import json
from collections.abc import Mapping
from typing import IO, Any, NoReturn

from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from kernel.errors import said
from web.middleware import BodyTooLarge

from .errors import MalformedBody

BODY_MOST = 256 * 1024
_DEPTH_MOST = 12
_DIGITS_MOST = 19  # of a whole number of 64 bits
_BLOCK = 64 * 1024


class StrictJson(BaseParser):
    """A view may raise the bound by `body_most`, in bytes."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,  # noqa: ARG002 - Django REST Framework's
        parser_context: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Read the body. Raises MalformedBody, BodyTooLarge."""
        most = getattr((parser_context or {}).get("view"), "body_most", BODY_MOST)
        raw = _bounded(stream, most)
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError as error:
            raise MalformedBody(why=said("it is not UTF-8")) from error
        try:
            value = json.loads(
                text, object_pairs_hook=_object, parse_constant=_constant, parse_int=_whole, parse_float=_real
            )
        except RecursionError as error:
            raise MalformedBody(why=said("it is nested too deeply")) from error
        except ValueError as error:
            raise MalformedBody(why=said("it is not JSON")) from error
        if not isinstance(value, dict):
            raise MalformedBody(why=said("it is not an object"))
        _look(value, 1)
        return value


class AnyAccept(BaseContentNegotiation):
    """The API speaks JSON, whatever the caller says that it accepts."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        """The parser for what was sent, if there is one."""
        sent = (request.content_type or "").partition(";")[0].strip().lower()
        return next((parser for parser in parsers if parser.media_type == sent), None)

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:  # noqa: ARG002
        """Always the first."""
        return renderers[0], renderers[0].media_type


class Rendered(BaseRenderer):
    """Endpoints give finished answers; this only tells the documents what they are made of."""

    media_type = "application/json"
    format = "json"

    def render(self, data: Any, *_: Any, **__: Any) -> bytes:
        """Nothing asks for this."""
        return json.dumps(data).encode()


def _bounded(stream: IO[Any], most: int) -> bytes:
    blocks, size = [], 0
    while block := stream.read(_BLOCK):
        size += len(block)
        if size > most:
            raise BodyTooLarge
        blocks.append(block)
    return b"".join(blocks)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise MalformedBody(why=said("a name stands in it twice"))
    return found


def _constant(_: str) -> NoReturn:
    raise MalformedBody(why=said("NaN and Infinity are not JSON"))


def _whole(text: str) -> int:
    value = int(text) if len(text.lstrip("-")) <= _DIGITS_MOST else None
    if value is None or not -(2**63) <= value < 2**63:
        raise MalformedBody(why=said("a number in it is too large"))
    return value


def _real(text: str) -> float:
    value = float(text[:64])
    if value in (float("inf"), float("-inf")):
        raise MalformedBody(why=said("a number in it is too large"))
    return value


def _look(value: Any, depth: int) -> None:
    """Refuse what no database holds, anywhere in the value."""
    if depth > _DEPTH_MOST:
        raise MalformedBody(why=said("it is nested too deeply"))
    if isinstance(value, str):
        if "\x00" in value or any("\ud800" <= mark <= "\udfff" for mark in value):
            raise MalformedBody(why=said("a text in it holds characters that no text has"))
    elif isinstance(value, dict):
        for name, each in value.items():
            _look(name, depth)
            _look(each, depth + 1)
    elif isinstance(value, list):
        for each in value:
            _look(each, depth + 1)
