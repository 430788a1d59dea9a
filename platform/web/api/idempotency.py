"""Asking twice: the first answer is kept for a day, and given again byte for byte.

The row of a key is inserted before anything is executed, by one statement that only one request wins.
What was
refused before it began (a wrong field, a missing scope, too many requests) is not kept: mended, it may come
again under its key. Everything else is, also a mistake of ours.
"""

import hashlib
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import orjson
import structlog
from django.db import connection, transaction
from django.http import HttpResponse
from rest_framework.request import Request

from kernel import clock
from kernel.errors import Problem
from prepared import Statement
from web import problems
from web.models import KeptAnswer

from . import sealing
from .caller import Caller
from .errors import IdempotencyKeyMalformed, IdempotencyKeyReused, RequestInProgress
from .refusals import problem_of

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
KEPT_FOR = timedelta(hours=24)
BUSY_FOR = timedelta(seconds=120)
"""Longer than any request may take; then a request that died may be taken up again."""

# Refused before it began, or to be tried again later: not kept, even where a service said it.
_NEVER_KEPT = frozenset({400, 404, 413, 429})
_SWEEP_ONCE_IN = 100
_log = structlog.get_logger(__name__)

_CLAIM = Statement("""
    INSERT INTO web_keptanswer AS kept (id, merchant_id, request, created_at, busy_until, status,
    content_type, body) VALUES ($1, $2, $3, $4, $5, NULL, '', '')
    ON CONFLICT (id) DO UPDATE SET request = excluded.request, created_at = excluded.created_at,
        busy_until = excluded.busy_until, status = NULL, content_type = '', body = ''
    WHERE kept.created_at < $6
        OR (kept.status IS NULL AND kept.busy_until < $4 AND kept.request = excluded.request)
    RETURNING id
""")
_SWEEP = """
    DELETE FROM web_keptanswer WHERE id IN (
        SELECT id FROM web_keptanswer WHERE created_at < %s ORDER BY created_at LIMIT 500 FOR UPDATE SKIP
        LOCKED
    )
"""


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to execute a request. `id` is the same for every try: services find by it what was done."""

    id: UUID
    merchant_id: UUID
    busy_until: datetime


class Began:
    """Set by a view once the request is understood and its execution begins."""

    def __init__(self) -> None:
        self.is_set = False


def key_of(request: Request) -> str | None:
    """The request's key; None where it brings none. Raises IdempotencyKeyMalformed."""
    key = request.headers.get(HEADER)
    if key is None:
        return None
    if not 1 <= len(key) <= 255 or not all("!" <= mark <= "~" for mark in key):
        raise IdempotencyKeyMalformed
    return key


def execute(
    request: Request,
    caller: Caller,
    key: str,
    run: Callable[[UUID], HttpResponse],
    began: Began,
    *,
    whole: bool,
) -> HttpResponse:
    """Run a request once under its key, or give the answer that is kept.

    `whole`: it calls nobody, so that its work and its kept answer are one transaction. Raises
    IdempotencyKeyReused, RequestInProgress, and what `run` raises before it began.
    """
    claim = _claim(request, caller, key)
    if isinstance(claim, HttpResponse):
        return claim
    try:
        if not whole:
            response = run(claim.id)
        else:
            with transaction.atomic():
                response = run(claim.id)
                _keep(claim, response)
            return response
    except Exception as exc:
        problem = problem_of(exc)
        if not began.is_set or (problem and problem.status in _NEVER_KEPT):
            _give_back(claim)
            raise
        if problem is None:
            _log.exception("broken")
        response = problems.render(request._request, problem or Problem())
    _keep(claim, response)
    return response


def one_time() -> UUID:
    """What stands for the claim's id where a request brings no key."""
    return uuid4()


def _claim(request: Request, caller: Caller, key: str) -> Claim | HttpResponse:
    now = clock.now()
    name = hashlib.sha256(caller.merchant_id.bytes + key.encode()).digest()
    claim = Claim(UUID(bytes=name[:16]), caller.merchant_id, now + BUSY_FOR)
    digest = _digest(request)
    if random.randrange(_SWEEP_ONCE_IN) == 0:  # noqa: S311 - not a secret
        with connection.cursor() as cursor:
            cursor.execute(_SWEEP, [now - KEPT_FOR])
    if _CLAIM.rows(claim.id, claim.merchant_id, digest, now, claim.busy_until, now - KEPT_FOR):
        return claim
    kept = KeptAnswer.objects.filter(pk=claim.id).first()
    if kept is None:
        # It was given back this very moment: whoever asks again will get it.
        raise RequestInProgress
    if bytes(kept.request) != digest:
        raise IdempotencyKeyReused
    if kept.status is None:
        raise RequestInProgress
    return _again(kept)


def _again(kept: KeptAnswer) -> HttpResponse:
    body = sealing.read(kept.merchant_id, bytes(kept.body), kept.id)
    response = HttpResponse(body, status=kept.status or 500, content_type=kept.content_type)
    response.headers["Cache-Control"] = "no-store"
    response.headers[REPLAYED] = "true"
    return response


def _keep(claim: Claim, response: HttpResponse) -> None:
    KeptAnswer.objects.filter(pk=claim.id, busy_until=claim.busy_until, status=None).update(
        status=response.status_code,
        content_type=response.headers["Content-Type"][:40],
        body=sealing.seal(claim.merchant_id, response.content, claim.id),
    )


def _give_back(claim: Claim) -> None:
    KeptAnswer.objects.filter(pk=claim.id, busy_until=claim.busy_until, status=None).delete()


def _digest(request: Request) -> bytes:
    """What makes two requests the same: method, address and the values of the body, whatever their order."""
    body: Any = orjson.dumps(request.data, option=orjson.OPT_SORT_KEYS)
    head = f"{request.method}\n{request._request.get_full_path()}\n".encode()
    return hashlib.sha256(head + body).digest()
