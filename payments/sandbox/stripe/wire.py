"""A call as it stands on the wire: who calls, and a form body whose names nest by brackets."""

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from ..models import StripeAccount
from .errors import Refusal, invalid, missing

_NAME = re.compile(r"(?P<head>[a-z_]+)(?P<rest>(?:\[[A-Za-z0-9_-]*\])*)", re.ASCII)
_INDEX = re.compile(r"\[([A-Za-z0-9_-]*)\]", re.ASCII)
_MAX_PARAMETERS = 200


@dataclass(frozen=True)
class Call:
    """A believed call. Lists of the body are dictionaries by their index."""

    account: StripeAccount
    method: str
    path: str
    params: Mapping[str, Any]
    key: str  # the idempotency key; empty where none was given

    @property
    def fingerprint(self) -> str:
        """What must be the same under the same idempotency key."""
        return hashlib.sha256(repr((self.method, self.path, _sorted(self.params))).encode()).hexdigest()

    @property
    def number(self) -> str:
        """The merchant's own number in the call, if it names one: by this faults find their calls."""
        metadata = self.params.get("metadata") or {}
        return str(self.params.get("client_reference_id") or next(iter(metadata.values()), ""))

    def text(self, name: str, *, needed: bool = False) -> str:
        """A parameter that is a text."""
        value = self.params.get(name, "")
        if not isinstance(value, str):
            raise invalid(name, f"Invalid string: {name}")
        if needed and not value:
            raise missing(name)
        return value

    def whole(self, name: str) -> int | None:
        """A parameter that is a whole number; None where it was not given."""
        value = self.text(name)
        return _whole(value, name) if value else None

    def expanded(self) -> frozenset[str]:
        """The fields that are to be written out."""
        given = self.params.get("expand") or {}
        return frozenset(given.values()) if isinstance(given, dict) else frozenset()


def believe(authorization: str) -> StripeAccount:
    """The account whose secret key calls. Raises Refusal."""
    scheme, _, credentials = authorization.partition(" ")
    key = credentials.strip()
    if scheme.lower() == "basic":
        try:
            key = base64.b64decode(key, validate=True).decode("ascii").partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            key = ""
    elif scheme.lower() != "bearer":
        raise Refusal(401, "You did not provide an API key.")
    account = StripeAccount.objects.filter(secret_key=key).first() if key else None
    if account is None:
        raise Refusal(401, f"Invalid API Key provided: {key[:8]}****")
    return account


def read(text: str) -> dict[str, Any]:
    """The parameters of a form, nested: `a[0][b]=c` is `{"a": {"0": {"b": "c"}}}`. Raises Refusal."""
    try:
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=_MAX_PARAMETERS)
    except ValueError as error:
        raise Refusal(400, "Invalid request: the body cannot be read.") from error
    params: dict[str, Any] = {}
    for name, value in pairs:
        _put(params, name, value)
    return params


def number_in(params: Mapping[str, Any], name: str) -> int:
    """A whole number inside a nested parameter. Raises Refusal."""
    value = params.get(name)
    if value is None:
        raise missing(name)
    return _whole(value, name)


def _whole(value: object, name: str) -> int:
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{1,12}", value, re.ASCII):
        raise Refusal(400, f"Invalid integer: {value}", code="parameter_invalid_integer", param=name)
    return int(value)


def _put(params: dict[str, Any], name: str, value: str) -> None:
    found = _NAME.fullmatch(name)
    if found is None:
        raise Refusal(400, f"Received unknown parameter: {name[:80]}", code="parameter_unknown")
    place, names = params, [found["head"], *_INDEX.findall(found["rest"])]
    for each in names[:-1]:
        place = place.setdefault(each, {})
        if not isinstance(place, dict):
            raise invalid(name, f"Invalid object: {name[:80]}")
    place[names[-1] or str(len(place))] = value


def _sorted(value: Any) -> Any:
    if isinstance(value, Mapping):
        return sorted((name, _sorted(each)) for name, each in value.items())
    return value
