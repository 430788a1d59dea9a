"""Form bodies of notifications, read by the letter: what two parsers could read in two ways is refused."""

import re
from urllib.parse import unquote_plus

from kernel.errors import said

from .news import NoticeRefused, NoticeRequest

_FORM = "application/x-www-form-urlencoded"
_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}", re.ASCII)
_BROKEN_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_MAX_PARAMETERS = 100


def read(request: NoticeRequest, *, max_bytes: int) -> dict[str, str]:
    """The parameters of a UTF-8 form, each once. Raises NoticeRefused, and repeats nothing that came in."""
    if len(request.body) > max_bytes:
        raise NoticeRefused(why=said("it is too large"))
    _check_type(request.content_type)
    try:
        text = request.body.decode("ascii")
    except UnicodeDecodeError as error:
        raise NoticeRefused(why=said("it is not a form")) from error
    pairs = text.split("&")
    if len(pairs) > _MAX_PARAMETERS or _BROKEN_ESCAPE.search(text):
        raise NoticeRefused(why=said("it is not a form"))
    return _fields(pairs)


def _check_type(content_type: str) -> None:
    media, *parameters = (part.strip().lower() for part in content_type.split(";"))
    if media != _FORM:
        raise NoticeRefused(why=said("it is not a form"))
    if any(parameter not in {"", "charset=utf-8", 'charset="utf-8"'} for parameter in parameters):
        raise NoticeRefused(why=said("its charset is not UTF-8"))


def _fields(pairs: list[str]) -> dict[str, str]:
    fields: dict[str, str] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not _NAME.fullmatch(name):
            raise NoticeRefused(why=said("a parameter has no proper name"))
        if name in fields:
            raise NoticeRefused(why=said("a parameter came twice"))
        try:
            fields[name] = unquote_plus(value, errors="strict")
        except UnicodeDecodeError as error:
            raise NoticeRefused(why=said("its charset is not UTF-8")) from error
    return fields
