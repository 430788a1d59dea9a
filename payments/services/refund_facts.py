"""What is said of a refund: to the channel, to the ledger, in the trail, in the outbox, to a person."""

from typing import Any

import audit
import outbox
from kernel import clock, ids
from kernel.actors import Actor
from kernel.books import Book

from .. import events
from ..channels.base import RefundAnswer, RefundAsk
from ..models import Payment, Refund
from ..postings import Books, Return
from ..states import RefundKind, Use
from . import alerts
from .alerts import Matter


def asked(refund: Refund) -> RefundAsk:
    """What the channel is asked."""
    payment = refund.payment
    return RefundAsk(
        reference=payment.reference,
        request_no=refund.request_no,
        amount=refund.money,
        total=payment.came,
        reason=refund.reason or refund.kind,
        channel_txn=payment.channel_txn,
        turn=refund.retries,
    )


def returned(refund: Refund, payment: Payment, actor: Actor) -> Return:
    """What the ledger is told."""
    return Return(
        refund_id=refund.pk,
        payment_id=payment.pk,
        books=Books(payment.merchant_id, payment.account_id, payment.currency, Book(payment.book)),
        gross=refund.money,
        fees=refund.fees(merchant_bears_channel=payment.merchant_bears_channel),
        available_at=payment.available_at or refund.requested_at,
        occurred_at=clock.now(payment.order.merchant),
        actor=actor,
        guarded=refund.kind == RefundKind.VOLUNTARY,
        surplus=payment.use == Use.SURPLUS,
        turn=refund.retries,
        promotion=refund.promotion,
    )


def words(answer: RefundAnswer) -> dict[str, Any]:
    """The channel's own words, as they are kept."""
    return {"code": answer.code[:64], "message": answer.message[:200]}


def record(refund: Refund, payment: Payment, actor: Actor, topic: str, *, reason: str = "") -> None:
    """Write down what happened to it, and tell."""
    facts = {
        "order": ids.encode("ord", payment.order_id),
        "payment": payment.reference,
        "amount": refund.amount,
        "currency": refund.currency,
        "kind": str(refund.kind),
    }
    audit.record(
        actor, topic, ("refund", refund.pk), merchant_id=refund.merchant_id, reason=reason, facts=facts
    )
    outbox.emit([events.of_refund(topic, refund.pk, refund.merchant_id, refund.book, facts)])


def alert(matter: Matter, refund: Refund) -> None:
    """Have a person look at it."""
    alerts.tell(
        matter,
        ("refund", refund.pk),
        merchant_id=refund.merchant_id,
        book=refund.book,
        facts={"code": refund.code, "kind": str(refund.kind), "amount": refund.amount},
    )
