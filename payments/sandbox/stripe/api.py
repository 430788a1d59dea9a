"""Which path does what, and how its outcome is said: JSON, whatever it is."""

import json
import re
import secrets
from collections.abc import Callable
from typing import Any

from django.http import HttpResponse, HttpResponseBase

from .. import faults
from ..models import StripeEvent
from . import disputes, intents, keys, movements, refunds, sessions, shapes, wallet, wire
from .errors import Refusal, no_such
from .keys import Done
from .wire import Call

_PAGE, _LARGEST_PAGE = 10, 100


def _events(call: Call) -> dict[str, Any]:
    """GET /v1/events, newest first; of one type, if it is named."""
    rows = StripeEvent.objects.filter(account=call.account)
    if call.text("type"):
        rows = rows.filter(type=call.text("type"))
    size = min(call.whole("limit") or _PAGE, _LARGEST_PAGE)
    found = list(rows[: size + 1])
    shown = [json.loads(each.body) for each in found[:size]]
    return shapes.page(shown, "/v1/events", has_more=len(found) > size)


def _event(call: Call, name: str) -> dict[str, Any]:
    """GET /v1/events/{id}."""
    found = StripeEvent.objects.filter(account=call.account, pk=name).first()
    if found is None:
        raise no_such("event", name)
    return dict(json.loads(found.body))


Work = Callable[..., dict[str, Any]]
_ID = r"(?P<name>[a-z]+_[A-Za-z0-9_]{1,80})"
_ROUTES: tuple[tuple[str, str, Work], ...] = (
    ("POST", "checkout/sessions", sessions.create),
    ("GET", f"checkout/sessions/{_ID}", sessions.retrieve),
    ("POST", f"checkout/sessions/{_ID}/expire", sessions.shut),
    ("POST", "payment_intents", intents.create),
    ("GET", "payment_intents", intents.listing),
    ("GET", f"payment_intents/{_ID}", sessions.intent),
    ("POST", f"payment_intents/{_ID}/cancel", intents.cancel),
    ("GET", f"setup_intents/{_ID}", intents.retrieve_setup),
    ("GET", f"payment_methods/{_ID}", wallet.retrieve),
    ("POST", f"payment_methods/{_ID}/detach", wallet.detach),
    ("GET", f"charges/{_ID}", sessions.charge),
    ("POST", "refunds", refunds.create),
    ("GET", "refunds", refunds.listing),
    ("GET", f"refunds/{_ID}", refunds.retrieve),
    ("GET", f"disputes/{_ID}", disputes.retrieve),
    ("GET", f"balance_transactions/{_ID}", movements.retrieve),
    ("GET", "events", _events),
    ("GET", f"events/{_ID}", _event),
)


def answer(method: str, path: str, params: str, *, authorization: str, key: str) -> HttpResponseBase:
    """The answer to a call, or what a fault made of it."""
    try:
        account = wire.believe(authorization)
        route, work, names = _found(method, path)
        asked = key if method == "POST" else ""
        call = Call(account, method, path, wire.read(params), asked)
        return _done(call, route, lambda: work(call, **names))
    except Refusal as refusal:
        return _response(Done(refusal.status, _error(refusal)))


def _found(method: str, path: str) -> tuple[str, Work, dict[str, str]]:
    for verb, pattern, work in _ROUTES:
        found = re.fullmatch(pattern, path, re.ASCII)
        if verb == method and found is not None:
            names = found.groupdict()
            route = path.replace(names["name"], "{id}") if names else path
            return f"{verb} {route}", work, names
    raise Refusal(404, f"Unrecognized request URL ({method}: /v1/{path[:80]}).")


def _done(call: Call, route: str, work: Callable[[], dict[str, Any]]) -> HttpResponseBase:
    if not faults.are_ordered():
        return _response(keys.once(call, lambda: _worked(work)))
    without = faults.take(route, call.number, works=False)
    if without is not None:
        return faults.play(without, HttpResponse(content_type="application/json"))
    response = _response(keys.once(call, lambda: _worked(work)))
    behind = faults.take(route, call.number, works=True)
    return faults.play(behind, response) if behind is not None else response


def _worked(work: Callable[[], dict[str, Any]]) -> Done:
    try:
        return Done(200, json.dumps(work(), ensure_ascii=False))
    except Refusal as refusal:
        if not refusal.kept:
            raise
        return Done(refusal.status, _error(refusal))


def _error(refusal: Refusal) -> str:
    return json.dumps({"error": refusal.error}, ensure_ascii=False)


def _response(done: Done) -> HttpResponse:
    response = HttpResponse(done.body, status=done.status, content_type="application/json")
    response["Request-Id"] = f"req_{secrets.token_hex(7)}"
    response["Stripe-Version"] = shapes.API_VERSION
    if done.replayed:
        response["Idempotent-Replayed"] = "true"
    return response
