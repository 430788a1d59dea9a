"""Payouts: drafted, approved by two, refused, called off; and at the bank sent, asked about, concluded."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from kernel import clock
from kernel.actors import SYSTEM, Actor
from kernel.crash import crash_point
from kernel.errors import NotFound, said
from ledger import posting
from ledger.errors import BalanceTooLow
from merchants.models import Merchant

from .. import postings, queries, schedules
from ..errors import AccountChangedByYou, NothingToPay, NotPermitted, ReasonMissing, SamePerson
from ..limits import CHANGED_ACCOUNT_REST
from ..models import BankAccount, Payout, Statement
from ..proof import Proof
from ..states import Carried, Outcome, PayoutState
from . import bank_accounts, moves, permits, statements
from .operators import require_operator
from .transfers import ask, conclude, send

__all__ = ["approve", "ask", "cancel", "conclude", "draft", "reject", "send", "settle"]

_TRIES = 3
_WHY = {
    Carried.NOTHING: said("there is no balance"),
    Carried.NEGATIVE: said("the balance is negative"),
    Carried.PAUSED: said("payouts of this merchant are paused"),
    Carried.BELOW_MINIMUM: said("the balance is below the least payout"),
    Carried.NO_ACCOUNT: said("there is no confirmed bank account"),
    Carried.UNCOVERED: said("refunds or chargebacks have taken it since"),
    Carried.SUPERSEDED: said("a later statement has opened with it"),
}


def settle(statement: Statement, *, actor: Actor = SYSTEM) -> Statement:
    """Decide what becomes of a statement's balance: a payout, or the reason why it is carried forward.

    What was decided stays: repeating changes nothing.
    """
    with transaction.atomic():
        locked = _lock_statement(statement.pk)
        if locked.outcome != Outcome.OPEN:
            return locked
        why = _hindrance(locked) or _draft(locked, actor)
        if why is not None:
            locked.enter(Outcome.CARRIED, field="outcome", carried=str(why))
    return locked


def draft(statement: Statement, *, maker: Actor, reason: str = "") -> Payout:
    """Pay out a balance that was carried forward, because a person asks for it and may now.

    Raises NothingToPay, NotPermitted; then the statement stays as it was.
    """
    with transaction.atomic():
        locked = _lock_statement(statement.pk)
        if locked.outcome == Outcome.DRAFTED:
            return Payout.objects.get(statement=locked)
        why = _hindrance(locked) or _draft(locked, maker, reason)
        if why is Carried.NOT_PERMITTED:
            raise NotPermitted
        if why is not None:
            raise NothingToPay(why=_WHY[why])
        return Payout.objects.get(statement=locked)


def approve(payout: Payout, approver: Actor, proof: Proof, reason: str) -> Payout:
    """The first approval, or the second, by an operator who has just shown a code.

    Two different people, neither of whom drafted it nor changed its bank account within 72 hours. Where the
    first approval is older than 72 hours, it has lapsed: this one stands in its place. Raises
    ProofTooOld, NotAnOperator, SamePerson, AccountChangedByYou, AccountInactive, NotPermitted, ReasonMissing,
    IllegalMove; then nothing was changed.
    """
    proof.require_fresh(clock.now())
    _require_reason(reason)
    operator_id = require_operator(approver)
    with transaction.atomic():
        locked = moves.lock(payout.pk)
        # Behind the lock: of two who approve at once, the second does so after the first.
        now = clock.now()
        permits.require(locked.merchant)
        _require_checker(locked, operator_id)
        if locked.state == PayoutState.DRAFTED:
            locked.enter(
                PayoutState.FIRST_APPROVED,
                first_approved_by_id=operator_id,
                first_approved_at=now,
                first_proved_at=proof.at,
            )
        elif locked.first_approval_has_lapsed:
            _renew(locked, operator_id, now, proof)
        else:
            locked.enter(
                PayoutState.APPROVED,
                second_approved_by_id=operator_id,
                second_approved_at=now,
                second_proved_at=proof.at,
                next_query_at=now,
            )
        moves.record(locked, approver, reason=reason)
    return locked


def reject(payout: Payout, operator: Actor, reason: str) -> Payout:
    """An operator refuses it before it is sent: the merchant has the money again.

    Raises NotAnOperator, ReasonMissing, IllegalMove.
    """
    require_operator(operator)
    return _give_up(payout, PayoutState.REJECTED, operator, reason)


def cancel(payout: Payout, *, actor: Actor, reason: str) -> Payout:
    """Call it off before it is sent. Raises ReasonMissing, IllegalMove."""
    return _give_up(payout, PayoutState.CANCELLED, actor, reason)


def _lock_statement(statement_id: UUID) -> Statement:
    statement = Statement.objects.select_for_update(no_key=True).filter(pk=statement_id).first()
    if statement is None:
        raise NotFound(statement=str(statement_id))
    statement.merchant = Merchant.objects.select_related("licence").get(pk=statement.merchant_id)
    return statement


def _hindrance(statement: Statement) -> Carried | None:
    """What stands against a payout, before the ledger is asked."""
    terms = schedules.of(statement.merchant_id)
    last = statements.latest(statement.account_id)
    checks = (
        (statement.closing < 0, Carried.NEGATIVE),
        (statement.closing == 0, Carried.NOTHING),
        (last is not None and last.pk != statement.pk, Carried.SUPERSEDED),
        (not permits.is_permitted(statement.merchant), Carried.NOT_PERMITTED),
        (terms.paused, Carried.PAUSED),
        (statement.closing < terms.least(statement.currency), Carried.BELOW_MINIMUM),
        (bank_accounts.active(statement.merchant_id, statement.currency) is None, Carried.NO_ACCOUNT),
    )
    return next((why for stands, why in checks if stands), None)


def _draft(statement: Statement, maker: Actor, reason: str = "") -> Carried | None:
    """Set the money aside and make the payout; UNCOVERED where what came after the close has taken it."""
    account = bank_accounts.active(statement.merchant_id, statement.currency)
    if account is None:
        return Carried.NO_ACCOUNT
    now = clock.now()
    payout = Payout(
        statement=statement,
        merchant=statement.merchant,
        book=statement.book,
        currency=statement.currency,
        amount=statement.closing,
        bank_account=account,
        licence=statement.merchant.licence,
        maker_id=maker.id if maker.kind in bank_accounts.PEOPLE else None,
        drafted_at=now,
    )
    least = schedules.of(statement.merchant_id).least(statement.currency)
    if not _reserve(payout, statement, maker, least):
        return Carried.UNCOVERED
    crash_point("payout.after_reserve")
    payout.save(force_insert=True)
    statement.enter(Outcome.DRAFTED, field="outcome", carried="")
    moves.record(payout, maker, reason=reason)
    return None


def _reserve(payout: Payout, statement: Statement, maker: Actor, least: int) -> bool:
    """Set aside the closing balance, or as much of it as is still covered, if that is enough to be paid."""
    just_after = statement.upto + timedelta(microseconds=1)
    for _ in range(_TRIES):
        if payout.amount < least:
            return False
        try:
            posting.post(postings.reserved(moves.move_of(payout, maker), available_at=just_after))
        except BalanceTooLow as short:
            payout.amount -= short.context["short"].amount
        else:
            return True
    return False


def _renew(payout: Payout, operator_id: UUID, now: datetime, proof: Proof) -> None:
    """Put a first approval in the place of one that has lapsed. The audit trail keeps both."""
    renewed = {"first_approved_by_id": operator_id, "first_approved_at": now, "first_proved_at": proof.at}
    Payout.objects.filter(pk=payout.pk).update(**renewed)
    for name, value in renewed.items():
        setattr(payout, name, value)


def _require_checker(payout: Payout, operator_id: UUID) -> None:
    if operator_id in queries.people_of(payout):
        raise SamePerson
    account = BankAccount.objects.select_for_update(no_key=True).get(pk=payout.bank_account_id)
    moves.require_active(account)
    if account.changed_by_id == operator_id and account.changed_at > clock.now() - CHANGED_ACCOUNT_REST:
        raise AccountChangedByYou


def _give_up(payout: Payout, target: PayoutState, actor: Actor, reason: str) -> Payout:
    _require_reason(reason)
    with transaction.atomic():
        locked = moves.lock(payout.pk)
        moves.release(locked, target, actor=actor, reason=reason[:200])
        moves.record(locked, actor, reason=reason)
    return locked


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise ReasonMissing
