"""Charges of a lot whose intents are committed: the channels are called side by side, and what they said is
recorded; at once what was paid, one by one the rest.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import structlog
from django.db import DatabaseError, transaction

from kernel.crash import crash_point
from kernel.errors import Problem
from payments.channels.base import Charge, ChargeAnswer, ChargeState
from payments.models import Payment
from payments.services import accounts, attempts, proofs
from payments.services.accounts import Till

from . import tries

_log = structlog.get_logger(__name__)

CALLS = 8
"""Channel calls that a worker has open at once."""


def make(payments: Sequence[Payment], pool: ThreadPoolExecutor) -> None:
    """Charge a lot whose intents are committed, and record what came of it."""
    if not payments:
        return
    tills = accounts.tills_named({payment.account_id for payment in payments})
    calls = [_call_of(payment, tills[payment.account_id]) for payment in payments]
    answers = list(zip(payments, pool.map(_call, calls), strict=True))
    crash_point("renewal.after_channel")
    failed = record_paid([pair for pair in answers if pair[1].state is ChargeState.SUCCEEDED])
    crash_point("renewal.after_confirm")
    for payment, answer in [pair for pair in answers if pair[1].state is not ChargeState.SUCCEEDED] + failed:
        tries.conclude(payment, answer)


def _call_of(payment: Payment, till: Till) -> tuple[Till, Charge]:
    return till, attempts.charge_of(payment, longest=till.channel.capabilities.longest)


def _call(asked: tuple[Till, Charge]) -> ChargeAnswer:
    """Runs in a thread that never touches the database."""
    till, of = asked
    try:
        return till.channel.create(till.account, of)
    except (Problem, ValueError):
        # One that cannot even be asked for must not keep the others from being recorded.
        _log.exception("subscriptions.call_failed", reference=of.reference)
        return ChargeAnswer(ChargeState.UNKNOWN, code="error")


def record_paid(
    answers: Sequence[tuple[Payment, ChargeAnswer]],
) -> list[tuple[Payment, ChargeAnswer]]:
    """Confirm many at once; where one spoils the lot, give them back to be confirmed one by one."""
    if not answers:
        return []
    try:
        with transaction.atomic():
            verdicts = proofs.confirm_many(answers)
            crash_point("renewal.before_confirm_commit")
    except (DatabaseError, Problem):
        _log.exception("subscriptions.lot_spoiled", size=len(answers))
        return list(answers)
    return [pair for pair in answers if proofs.is_refused(verdicts[pair[0].pk])]
