"""What every move of a payout has in common: its lock, its record, and the money given back.

Order of locks: statement → payout → ledger accounts → outbox and audit.
"""

from typing import Any
from uuid import UUID

import audit
import outbox
from kernel import clock, ids
from kernel.actors import Actor
from kernel.books import Book
from kernel.errors import NotFound
from ledger import posting, reversals
from merchants.models import Merchant

from .. import events, postings
from ..errors import AccountInactive
from ..models import BankAccount, Payout
from ..postings import Move
from ..states import BankAccountState, PayoutState


def lock(payout_id: UUID) -> Payout:
    """A payout, locked, with its merchant and licence. Raises NotFound."""
    payout = Payout.objects.select_for_update(no_key=True).filter(pk=payout_id).first()
    if payout is None:
        raise NotFound(payout=str(payout_id))
    payout.merchant = Merchant.objects.select_related("licence").get(pk=payout.merchant_id)
    return payout


def release(payout: Payout, target: PayoutState, *, actor: Actor, **changes: Any) -> None:
    """Give the merchant its money back, once, and enter the state that says why. `payout` is locked."""
    was_paid = payout.state == PayoutState.PAID
    payout.enter(target, concluded_at=clock.now(), next_query_at=None, **changes)
    moved = move_of(payout, actor)
    back = []
    if was_paid:
        payment = reversals.named(moved.reference(postings.PAID))
        back.append(postings.bounced(moved, reverses=payment))
    aside = reversals.named(moved.reference(postings.RESERVED))
    back.append(postings.released(moved, reverses=aside))
    posting.post_many(back)


def move_of(payout: Payout, actor: Actor) -> Move:
    """The money of a payout, as the ledger's postings take it."""
    return Move(
        payout_id=payout.pk,
        statement_id=payout.statement_id,
        merchant_id=payout.merchant_id,
        currency=payout.currency,
        book=Book(payout.book),
        amount=payout.amount,
        occurred_at=clock.now(payout.merchant),
        actor=actor,
    )


def record(payout: Payout, actor: Actor, *, reason: str = "") -> None:
    """The audit row and the event of the state that a payout has just entered."""
    facts = {
        "statement": ids.encode("stm", payout.statement_id),
        "amount": payout.amount,
        "currency": payout.currency,
        "code": payout.code,
        # As the row has them, for the auditor to compare.
        "bank_account": str(payout.bank_account_id),
        "drafted_at": payout.drafted_at.isoformat(),
    }
    topic = events.PAYOUT_TOPICS[PayoutState(payout.state)]
    audit.record(
        actor, topic, ("payout", payout.pk), merchant_id=payout.merchant_id, reason=reason, facts=facts
    )
    outbox.emit([events.of_payout(payout)])


def require_active(account: BankAccount) -> None:
    """Raise AccountInactive unless merchants are paid to this account now."""
    if account.state != BankAccountState.ACTIVE:
        raise AccountInactive(account=account.key)
