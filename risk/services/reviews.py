"""Reviews: a person ends what a limit began. What becomes of the order is the sale's affair."""

from uuid import UUID

from django.db import transaction

import audit
import outbox
from kernel import clock
from kernel.actors import Actor
from kernel.books import Book

from ..errors import NotInReview, ReasonMissing
from ..models import Decision
from ..states import Review

RELEASED, REJECTED = "risk.review_released", "risk.review_rejected"


def release(decision_id: UUID, *, actor: Actor, reason: str) -> Decision:
    """The order is as it should be. Raises NotInReview, ReasonMissing."""
    return _end(decision_id, Review.RELEASED, RELEASED, actor=actor, reason=reason)


def reject(decision_id: UUID, *, actor: Actor, reason: str) -> Decision:
    """The order must not be served. Raises NotInReview, ReasonMissing."""
    return _end(decision_id, Review.REJECTED, REJECTED, actor=actor, reason=reason)


def _end(decision_id: UUID, target: Review, topic: str, *, actor: Actor, reason: str) -> Decision:
    if not reason.strip():
        raise ReasonMissing
    with transaction.atomic():
        decision = Decision.objects.select_for_update(no_key=True).filter(pk=decision_id).first()
        if decision is None or not Decision.machine.allows(Review(decision.review), target):
            raise NotInReview
        decision.enter(target, reviewed_at=clock.now(), reviewed_by=actor.id)
        subject = ("risk_decision", decision.pk)
        audit.record(actor, topic, subject, merchant_id=decision.merchant_id, reason=reason)
        payload = {"review": target, "actor_kind": actor.kind, "actor_id": str(actor.id or "")}
        outbox.emit([outbox.Event(topic, subject, decision.merchant_id, Book(decision.book), payload)])
    return decision
