"""Payouts at the bank: sent, asked about, concluded.

Record the intent, commit; call, no transaction open; record the answer, commit. What the bank did not say is
asked about under the same number until it is known; there never is a second number for it.
"""

import time
from collections.abc import Sequence
from uuid import UUID

import structlog
from django.db import connection, transaction

from kernel import clock
from kernel.actors import SYSTEM
from kernel.books import Book
from kernel.crash import crash_point
from kernel.patience import pause
from ledger import posting

from .. import postings, rails
from ..limits import POSTPONED, RETURN_WATCH, SENDING_LEASE
from ..models import Payout
from ..rails import TransferAnswer, TransferAsk, TransferState
from ..states import AT_THE_BANK, BankAccountState, PayoutState
from . import bank_accounts, moves, permits, rail_accounts

_log = structlog.get_logger(__name__)
BUDGET_SECONDS = 20.0
_LOT = 10

_CLAIM = """
    WITH due AS MATERIALIZED (
        SELECT id FROM settlement_payout WHERE next_query_at <= %(now)s
        ORDER BY next_query_at LIMIT %(limit)s FOR NO KEY UPDATE SKIP LOCKED
    )
    UPDATE settlement_payout p SET next_query_at = %(later)s FROM due WHERE p.id = due.id RETURNING p.id
"""


def send(payout: Payout) -> Payout:
    """Send an approved payout; another is given as it is. Raises NotPermitted, AccountInactive, NoRail."""
    with transaction.atomic():
        locked = moves.lock(payout.pk)
        if locked.state != PayoutState.APPROVED:
            return locked
        permits.require(locked.merchant)
        moves.require_active(locked.bank_account)
        now = clock.now()
        locked.enter(
            PayoutState.SENT,
            rail_account_id=rail_accounts.in_use(Book(locked.book)).pk,
            sent_at=now,
            next_query_at=now + SENDING_LEASE,
            queries=0,
        )
        moves.record(locked, SYSTEM)
    return _transfer(locked)


def ask(payout: Payout) -> Payout:
    """Ask the bank how a payout stands; one that it never heard of is sent again under the same number."""
    if payout.state not in AT_THE_BANK | {PayoutState.PAID} or payout.rail_account_id is None:
        return payout
    account = rail_accounts.opened(payout.rail_account_id)
    answer = rails.rail(account.rail).query(account, payout.request_no)
    if answer.state == TransferState.ABSENT and payout.state in AT_THE_BANK and _may_be_sent(payout):
        return _transfer(payout)
    return conclude(payout, answer)


def conclude(payout: Payout, answer: TransferAnswer) -> Payout:
    """Write down what the bank said. What has ended stays as it is."""
    if answer.amount is not None and answer.amount != payout.money:
        # Another payment under our number: nothing of it is believed, and a person looks.
        answer = TransferAnswer(TransferState.UNKNOWN, "amount_differs", str(answer.amount))
    with transaction.atomic():
        locked = moves.lock(payout.pk)
        if locked.state == PayoutState.PAID:
            _watch(locked, answer)
        elif locked.state in AT_THE_BANK:
            _move(locked, answer)
    return locked


def sweep(limit: int) -> int:
    """Send and ask about what is due, at most `limit`, for at most BUDGET_SECONDS.

    Gives how many were done.
    """
    until = time.monotonic() + BUDGET_SECONDS
    done = taken = 0
    while taken < limit and time.monotonic() < until:
        lot = _claim(min(_LOT, limit - taken))
        if not lot:
            break
        taken += len(lot)
        done += sum(_is_done(payout_id) for payout_id in lot)
    return done


def _claim(limit: int) -> Sequence[UUID]:
    now = clock.now()
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, {"later": now + SENDING_LEASE, "now": now, "limit": limit})
        return [row[0] for row in cursor.fetchall()]


def _is_done(payout_id: UUID) -> bool:
    payout = Payout.objects.get(pk=payout_id)
    try:
        send(payout) if payout.state == PayoutState.APPROVED else ask(payout)
    except Exception:
        _log.exception("settlement.payout_failed", payout=str(payout))
        Payout.objects.filter(pk=payout_id, next_query_at__isnull=False).update(
            next_query_at=clock.now() + POSTPONED
        )
        return False
    return True


def _transfer(payout: Payout) -> Payout:
    assert payout.rail_account_id is not None  # entered together with the state
    account = rail_accounts.opened(payout.rail_account_id)
    destination = payout.bank_account
    ask = TransferAsk(
        request_no=payout.request_no,
        amount=payout.money,
        holder=destination.holder,
        bank=destination.bank,
        number=bank_accounts.number_of(destination),
    )
    answer = rails.rail(account.rail).transfer(account, ask)
    crash_point("payout.after_rail")
    return conclude(payout, answer)


def _may_be_sent(payout: Payout) -> bool:
    return permits.is_permitted(payout.merchant) and payout.bank_account.state == BankAccountState.ACTIVE


def _move(payout: Payout, answer: TransferAnswer) -> None:
    words = {"code": answer.code[:64], "message": answer.message[:200]}
    if answer.state == TransferState.PAID:
        now = clock.now()
        payout.enter(
            PayoutState.PAID,
            paid_at=now,
            concluded_at=now,
            queries=0,
            next_query_at=now + RETURN_WATCH[0],
            **words,
        )
        posting.post(postings.paid(moves.move_of(payout, SYSTEM)))
        moves.record(payout, SYSTEM)
    elif answer.state == TransferState.RETURNED:
        moves.release(payout, PayoutState.RETURNED, actor=SYSTEM, **words)
        moves.record(payout, SYSTEM)
    elif answer.state == TransferState.FAILED:
        moves.release(payout, PayoutState.FAILED, actor=SYSTEM, **words)
        moves.record(payout, SYSTEM)
    else:
        accepted = answer.state == TransferState.ACCEPTED
        _stay_open(payout, PayoutState.SENT if accepted else PayoutState.UNKNOWN, words)


def _stay_open(payout: Payout, target: PayoutState, words: dict[str, str]) -> None:
    asked = payout.queries + 1
    next_query_at = clock.now() + pause(asked)
    if payout.state == target:
        Payout.objects.filter(pk=payout.pk).update(queries=asked, next_query_at=next_query_at, **words)
        payout.queries, payout.next_query_at = asked, next_query_at
        return
    payout.enter(target, queries=asked, next_query_at=next_query_at, **words)
    moves.record(payout, SYSTEM)


def _watch(payout: Payout, answer: TransferAnswer) -> None:
    """Paid, and asked about for some days all the same: the receiving bank may send it back."""
    if answer.state == TransferState.RETURNED:
        words = {"code": answer.code[:64], "message": answer.message[:200]}
        moves.release(payout, PayoutState.RETURNED, actor=SYSTEM, **words)
        moves.record(payout, SYSTEM)
        return
    asked = payout.queries + 1
    later = clock.now() + RETURN_WATCH[asked] if asked < len(RETURN_WATCH) else None
    Payout.objects.filter(pk=payout.pk).update(queries=asked, next_query_at=later)
    payout.queries, payout.next_query_at = asked, later
