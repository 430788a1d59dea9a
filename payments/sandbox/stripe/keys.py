"""Idempotency keys: a write is done once a key, and a repeat gets the first answer again.

The work and its answer are one transaction; a second call of a key that is at work is refused. The answer is
kept once the work has begun, refusals of the work included; a call that was refused for its parameters leaves
its key free.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.db import connection, transaction

from kernel import clock

from ..models import StripeCall
from .errors import Refusal
from .wire import Call

_LONGEST_KEY = 255
_KEPT = timedelta(hours=24)
# Old answers are looked for among all of an account's, so not at every call.
_FORGET_EVERY = 500


@dataclass(frozen=True)
class Done:
    """A status and the text of an answer. `replayed`: it was given before."""

    status: int
    body: str
    replayed: bool = False


def once(call: Call, work: Callable[[], Done]) -> Done:
    """Do the work, or give the answer that the key has. Raises Refusal."""
    if not call.key:
        return work()
    if len(call.key) > _LONGEST_KEY:
        raise Refusal(400, "Idempotency keys have at most 255 characters.", kind="idempotency_error")
    with transaction.atomic():
        known = _known(call)
        if known is None:
            done = work()
            _keep(call, done)
    if known is None:
        return done
    if known.fingerprint != call.fingerprint:
        raise Refusal(
            400,
            "Keys for idempotent requests can only be used with the same parameters they were first used"
            f" with. Try using a key other than '{call.key}' if you meant to execute a different request.",
            kind="idempotency_error",
        )
    return Done(known.status or 500, known.body, replayed=True)


def _known(call: Call) -> StripeCall | None:
    """The call that used this key, if there was one. Raises Refusal where it has not ended."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [f"{call.account.pk} {call.key}"]
        )
        (is_mine,) = cursor.fetchone()
    if not is_mine:
        raise Refusal(
            409,
            "There is currently another in-progress request using this Idempotent Key.",
            kind="idempotency_error",
            code="idempotency_key_in_use",
        )
    return StripeCall.objects.filter(
        account=call.account, key=call.key, began_at__gte=clock.now() - _KEPT
    ).first()


def _keep(call: Call, done: Done) -> None:
    now = clock.now()
    if not secrets.randbelow(_FORGET_EVERY):
        StripeCall.objects.filter(account=call.account, began_at__lt=now - _KEPT).delete()
    answer = {"fingerprint": call.fingerprint, "status": done.status, "body": done.body, "began_at": now}
    StripeCall.objects.bulk_create(
        [StripeCall(account=call.account, key=call.key, **answer)],
        update_conflicts=True,
        unique_fields=["account", "key"],
        update_fields=list(answer),
    )
