"""The library's client over our HTTP: no retries of its own, no telemetry, no words about this machine."""

import logging
import re
from collections.abc import Callable, Mapping
from typing import Any, ClassVar
from uuid import UUID

import stripe

from kernel.errors import Problem
from web import transport

from . import stripe_terms as terms
from .base import Account

_LIMITS = transport.Limits(connect=3.0, read=8.0, total=10.0, response_bytes=1_048_576)
_MAX_CLIENTS = 2_000
_CODE = re.compile(r"[A-Za-z0-9._:-]{1,64}", re.ASCII)
# The library adds others, which describe the machine and whoever runs it.
_HEADERS = frozenset({"authorization", "content-type", "idempotency-key", "stripe-version"})

# It would write a file of its own and send what it measures with later calls.
stripe.enable_telemetry = False
# It tells the addresses of buyers' pages.
logging.getLogger("stripe").setLevel(logging.WARNING)


class Unclear(Exception):
    """What came back is no success. `is_refusal`: Stripe read it and refused it; nothing was done.

    `is_decline`: the card was asked and did not pay; `intent` is the name of the try, where one was made.
    """

    def __init__(
        self,
        code: str,
        message: str = "",
        *,
        is_refusal: bool = False,
        is_decline: bool = False,
        intent: str = "",
    ) -> None:
        self.code, self.message, self.is_refusal = code, message[:200], is_refusal
        self.is_decline, self.intent = is_decline, intent
        super().__init__(code)


class _Line(stripe.HTTPClient):
    """Our transport, as the library wants it."""

    name: ClassVar[str] = "keyway"

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,
        *,
        _usage: list[str] | None = None,
    ) -> tuple[str, int, Mapping[str, str]]:
        """Send once. Raises Unclear where no whole answer came."""
        kept = {name: value for name, value in (headers or {}).items() if name.lower() in _HEADERS}
        body = post_data.encode() if isinstance(post_data, str) else b""
        try:
            answer = transport.send(method.upper(), url, headers=kept, body=body, limits=_LIMITS)
            return answer.body.decode("utf-8"), answer.status, answer.headers
        except Problem as problem:  # NoAnswer and Refused
            raise Unclear(problem.code) from problem
        except UnicodeDecodeError as error:
            raise Unclear("garbage") from error


def answer_of(call: Callable[[], stripe.StripeObject]) -> dict[str, Any]:
    """The answer to a call as plain data. Raises Unclear for everything that is no success."""
    try:
        found = call().to_dict()
    except stripe.StripeError as error:
        raise _unclear(error) from error
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
        # JSON of another shape than the library thinks of.
        raise Unclear("garbage") from error
    return found


def is_refusal(unclear: Unclear, codes: frozenset[str]) -> bool:
    """Whether Stripe refused for one of these reasons."""
    return unclear.is_refusal and unclear.code in codes


def _unclear(error: stripe.StripeError) -> Unclear:
    status = error.http_status
    body = error.json_body if isinstance(error.json_body, dict) else {}
    said = body.get("error")
    said = said if isinstance(said, dict) else {}
    if isinstance(error, stripe.CardError) and status == 402:
        return _decline(said)
    param = terms.text(said, "param")
    code = terms.text(said, "code") or (f"param:{param}" if param else terms.text(said, "type"))
    if not code or not _CODE.fullmatch(code):
        code = f"http.{status}"
    # Only a request that was read and refused for what it asks proves that nothing happened. A key that was
    # used with other content, a conflict, a limit and a wrong credential prove nothing of the kind.
    refused = isinstance(error, stripe.InvalidRequestError) and status == 400
    return Unclear(code, terms.text(said, "message"), is_refusal=refused)


def _decline(said: Mapping[str, Any]) -> Unclear:
    """A card that did not pay: the bank's own code where it gave one."""
    intent = said.get("payment_intent")
    name = terms.text(intent, "id") if isinstance(intent, dict) else ""
    code = terms.text(said, "decline_code") or terms.text(said, "code")
    if not _CODE.fullmatch(code):
        code = "card_declined"
    return Unclear(code, terms.text(said, "message"), is_decline=True, intent=name[:120])


_clients: dict[tuple[UUID, int, str], stripe.StripeClient] = {}


def client_of(account: Account) -> stripe.StripeClient:
    """The account's client, built once for each version of its credentials."""
    key = (account.id, account.version, account.gateway)
    client = _clients.get(key)
    if client is None:
        if len(_clients) >= _MAX_CLIENTS:
            _clients.clear()
        client = _clients[key] = _made(account)
    return client


def _made(account: Account) -> stripe.StripeClient:
    base = account.gateway.rstrip("/")
    return stripe.StripeClient(
        account.secrets["api_key"],
        stripe_version=terms.API_VERSION,
        # All of them: a call of another kind must not find Stripe's own address where ours is played.
        base_addresses={"api": base, "connect": base, "files": base, "meter_events": base},
        http_client=_Line(),
        max_network_retries=0,
    )
