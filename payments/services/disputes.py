"""Disputes: what channels tell of them, whole each time and in any order.

Every notice carries all that has happened so far. The state moves only forward, each movement of money is
posted once, and news that is older than what is known changes nothing.
"""

from typing import Any

import audit
import outbox
from kernel import clock, ids
from kernel.actors import Actor, ActorKind
from kernel.books import Book
from kernel.money import Money
from ledger import posting, reversals

from .. import dispute_postings as postings
from .. import events
from ..channels.news import DisputeSaid
from ..dispute_postings import Disputed
from ..models import Dispute, Payment
from ..postings import Books
from ..states import DISPUTE, ENDED_DISPUTES, DisputeState, Funds
from . import alerts, refunds
from .alerts import Matter


def record(payment: Payment, said: DisputeSaid) -> Dispute:
    """Write down how a dispute stands, in the caller's transaction."""
    locked = refunds.lock(payment.pk)
    target = DisputeState(said.state)
    dispute = (
        Dispute.objects.select_for_update(no_key=True)
        .filter(account_id=locked.account_id, channel_dispute=said.dispute)
        .first()
    )
    if dispute is None:
        dispute = _open(locked, said, target)
    else:
        _move(dispute, locked, said, target)
    _follow_money(dispute, locked, said)
    return dispute


def _open(payment: Payment, said: DisputeSaid, target: DisputeState) -> Dispute:
    dispute = Dispute.objects.create(
        payment=payment,
        order_id=payment.order_id,
        account_id=payment.account_id,
        merchant_id=payment.merchant_id,
        book=payment.book,
        channel_dispute=said.dispute,
        state=target,
        amount=said.amount.amount,
        currency=said.amount.currency,
        reason=said.reason,
        evidence_due_by=said.due_by,
        fee_currency=said.fee.currency,
        opened_at=said.occurred_at,
        concluded_at=said.occurred_at if target in ENDED_DISPUTES else None,
    )
    _tell(dispute, payment, events.DISPUTE_CREATED)
    alerts.tell(
        Matter.DISPUTE_OPENED,
        ("dispute", dispute.pk),
        merchant_id=dispute.merchant_id,
        book=dispute.book,
        facts={"amount": dispute.amount, "currency": dispute.currency, "reason": dispute.reason},
    )
    if target in ENDED_DISPUTES:
        _tell(dispute, payment, events.DISPUTE_CLOSED)
    return dispute


def _move(dispute: Dispute, payment: Payment, said: DisputeSaid, target: DisputeState) -> None:
    if not DISPUTE.allows(DisputeState(dispute.state), target):
        return
    ends = target in ENDED_DISPUTES
    changes: dict[str, Any] = {"reason": said.reason, "evidence_due_by": said.due_by}
    if ends:
        changes["concluded_at"] = said.occurred_at
    dispute.enter(target, **changes)
    _tell(dispute, payment, events.DISPUTE_CLOSED if ends else events.DISPUTE_UPDATED)


def _follow_money(dispute: Dispute, payment: Payment, said: DisputeSaid) -> None:
    of = _disputed(dispute, payment)
    if said.taken and dispute.funds == Funds.UNTOUCHED:
        dispute.enter(Funds.HELD, field="funds")
        posting.post(postings.held(of))
        _tell(dispute, payment, events.DISPUTE_FUNDS_WITHDRAWN)
    if said.returned and dispute.funds == Funds.HELD:
        dispute.enter(Funds.RETURNED, field="funds")
        posting.post(postings.returned(of, reverses=reversals.named(of.reference(postings.HELD))))
        _tell(dispute, payment, events.DISPUTE_FUNDS_REINSTATED)
    elif said.returned and dispute.funds == Funds.GONE:
        dispute.enter(Funds.RECOVERED, field="funds")
        posting.post(postings.recovered(of))
        _tell(dispute, payment, events.DISPUTE_FUNDS_REINSTATED)
    elif dispute.state == DisputeState.LOST and dispute.funds == Funds.HELD:
        dispute.enter(Funds.GONE, field="funds")
        posting.post(postings.gone(of))
    if said.movements > dispute.movements:
        _follow_fee(dispute, of, said)


def _follow_fee(dispute: Dispute, of: Disputed, said: DisputeSaid) -> None:
    changes: dict[str, Any] = {"movements": said.movements}
    change = said.fee.amount - dispute.fee
    if change and said.fee.amount >= 0:
        # Nothing was charged before: only now it is known in which currency.
        changes |= {"fee": said.fee.amount, "fee_currency": said.fee.currency}
        posting.post(postings.fee(of, Money(change, said.fee.currency), said.movements))
    Dispute.objects.filter(pk=dispute.pk).update(**changes)
    for name, value in changes.items():
        setattr(dispute, name, value)


def _disputed(dispute: Dispute, payment: Payment) -> Disputed:
    return Disputed(
        dispute_id=dispute.pk,
        payment_id=payment.pk,
        books=Books(payment.merchant_id, payment.account_id, dispute.currency, Book(dispute.book)),
        amount=dispute.amount,
        merchant_bears_fee=payment.merchant_bears_channel,
        available_at=payment.available_at or dispute.opened_at,
        occurred_at=clock.now(payment.order.merchant),
        actor=_channel(dispute),
    )


def _channel(dispute: Dispute) -> Actor:
    return Actor(ActorKind.CHANNEL, dispute.account_id)


def _tell(dispute: Dispute, payment: Payment, topic: str) -> None:
    facts = {
        "order": ids.encode("ord", payment.order_id),
        "payment": payment.reference,
        "amount": dispute.amount,
        "currency": dispute.currency,
        "reason": dispute.reason,
        "state": str(dispute.state),
        "evidence_due_by": dispute.evidence_due_by.isoformat() if dispute.evidence_due_by else None,
    }
    audit.record(
        _channel(dispute),
        topic,
        ("order", payment.order_id),
        merchant_id=dispute.merchant_id,
        facts={**facts, "dispute": dispute.key},
    )
    outbox.emit([events.of_dispute(topic, dispute.pk, dispute.merchant_id, dispute.book, facts)])
