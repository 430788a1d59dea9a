"""Sweeps: what workers do again and again. The database holds the work; each run takes a bounded part of it.

A failure of one is written down and does not keep the others waiting.
"""

import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from uuid import UUID

import structlog
from django.db import DatabaseError, IntegrityError, transaction
from django.db.models import F

from kernel import clock
from kernel.errors import Problem

from .. import sql
from ..models import Notice
from ..states import NoticeState
from . import alerts, confirmations, ends, queries, refunds
from .alerts import Matter

_log = structlog.get_logger(__name__)

BUDGET_SECONDS = 20.0
_LOT = 10
# A notice that is being confirmed by the request that brought it is left to that request.
_NOTICE_REST = timedelta(seconds=2)
_STUCK_TRIES = 3
_MOST_TRIES = 1000

_WAITING_NOTICES = sql.Statement("""
SELECT id FROM payments_notice WHERE state = 'received' AND received_at < %(before)s AND tries < %(most)s
ORDER BY tries, received_at LIMIT %(limit)s
""")
_CLAIM_REFUNDS = sql.Statement("""
WITH due AS MATERIALIZED (
    SELECT id FROM payments_refund WHERE next_query_at <= %(now)s
    ORDER BY next_query_at LIMIT %(limit)s FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE payments_refund p SET next_query_at = %(later)s FROM due WHERE p.id = due.id RETURNING p.id
""")


def ask_channels(limit: int) -> int:
    """Ask about the payments that are due, at most `limit`, for at most BUDGET_SECONDS."""
    return _in_lots("payment", limit, queries.claim_due, queries.ask)


def send_refunds(limit: int) -> int:
    """Ask about the refunds that are due, and send those that never arrived; bounded in the same way."""
    return _in_lots("refund", limit, _claim_refunds, refunds.ask_by_id)


def _claim_refunds(limit: int) -> Sequence[UUID]:
    now = clock.now()
    due = _CLAIM_REFUNDS.rows({"later": now + queries.LEASE, "now": now, "limit": limit})
    return [refund_id for (refund_id,) in due]


def confirm_notices(limit: int) -> int:
    """Confirm the notices that were kept, in one batch; those that fail are tried again later, alone."""
    waiting = _WAITING_NOTICES.rows(
        {"before": clock.now() - _NOTICE_REST, "most": _MOST_TRIES, "limit": limit}
    )
    notice_ids = [notice_id for (notice_id,) in waiting]
    try:
        return confirmations.confirm(notice_ids) if notice_ids else 0
    except (DatabaseError, Problem):
        return sum(_confirm_alone(notice_id) for notice_id in notice_ids)


def _confirm_alone(notice_id: UUID) -> int:
    try:
        return confirmations.confirm([notice_id])
    except (DatabaseError, Problem) as error:
        _log.exception("payments.notice_stuck", notice=str(notice_id))
        with transaction.atomic():
            _set_aside(notice_id, error)
        return 0


def _set_aside(notice_id: UUID, error: Exception) -> None:
    notice = (
        Notice.objects.select_for_update(no_key=True, of=("self",))
        .select_related("payment")
        .get(pk=notice_id)
    )
    if isinstance(error, IntegrityError) and "payment_txn_once" in str(error):
        notice.enter(NoticeState.REFUSED, reason="txn_used")
        ends.wait_again([notice.payment_id])
        matter = Matter.NOTICE_MISMATCH
    else:
        Notice.objects.filter(pk=notice_id).update(tries=F("tries") + 1)
        matter = Matter.NOTICE_STUCK
    if matter is Matter.NOTICE_STUCK and notice.tries + 1 < _STUCK_TRIES:
        return
    alerts.tell(
        matter,
        ("payment", notice.payment_id),
        merchant_id=notice.payment.merchant_id,
        book=notice.payment.book,
        facts={"notice": str(notice), "error": type(error).__name__},
    )


def _in_lots(
    noun: str, limit: int, claim: Callable[[int], Sequence[UUID]], do: Callable[[UUID], object]
) -> int:
    """Claim a few at a time: a lot is done, or given up, before its lease ends and somebody else takes it."""
    until = time.monotonic() + BUDGET_SECONDS
    done = taken = 0
    while taken < limit and time.monotonic() < until:
        lot = claim(min(_LOT, limit - taken))
        if not lot:
            break
        taken += len(lot)
        done += sum(_is_done(noun, key, do) for key in lot)
    return done


def _is_done(noun: str, key: UUID, do: Callable[[UUID], object]) -> bool:
    try:
        do(key)
    except (DatabaseError, Problem):
        _log.exception("payments.sweep_failed", noun=noun, id=str(key))
        return False
    return True
