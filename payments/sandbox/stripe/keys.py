"""Idempotency keys: a write is done once a key, and a repeat gets the first answer again.

The answer is kept once the work has begun, refusals of the work included; a call that was refused for its
parameters leaves its key free.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import Q

from kernel import clock

from ..models import StripeCall
from .errors import Refusal
from .wire import Call

_LONGEST_KEY = 255
_KEPT = timedelta(hours=24)
# Longer than any call takes: one whose process died leaves its key behind.
_ABANDONED = timedelta(seconds=60)
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
    mine, known = _begin(call)
    if known is not None:
        return known
    try:
        done = work()
    except Refusal:
        StripeCall.objects.filter(pk=mine.pk).delete()
        raise
    StripeCall.objects.filter(pk=mine.pk).update(status=done.status, body=done.body)
    return done


def _begin(call: Call) -> tuple[StripeCall, Done | None]:
    now = clock.now()
    with transaction.atomic():
        if not secrets.randbelow(_FORGET_EVERY):
            StripeCall.objects.filter(account=call.account, began_at__lt=now - _KEPT).delete()
        StripeCall.objects.filter(
            Q(status=None, began_at__lt=now - _ABANDONED) | Q(began_at__lt=now - _KEPT),
            account=call.account,
            key=call.key,
        ).delete()
        row, is_new = StripeCall.objects.get_or_create(
            account=call.account, key=call.key, defaults={"fingerprint": call.fingerprint, "began_at": now}
        )
    if is_new:
        return row, None
    if row.fingerprint != call.fingerprint:
        raise Refusal(
            400,
            "Keys for idempotent requests can only be used with the same parameters they were first used"
            f" with. Try using a key other than '{call.key}' if you meant to execute a different request.",
            kind="idempotency_error",
        )
    if row.status is None:
        raise Refusal(
            409,
            "There is currently another in-progress request using this Idempotent Key.",
            kind="idempotency_error",
            code="idempotency_key_in_use",
        )
    return row, Done(row.status, row.body, replayed=True)
