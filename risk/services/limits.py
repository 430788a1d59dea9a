"""Velocity limits: added, changed and switched by operators, each time with a reason in the audit trail."""

from uuid import UUID

from django.db import IntegrityError, transaction

import audit
from kernel.actors import Actor
from kernel.books import Book
from kernel.errors import said

from .. import rules
from ..errors import BadRule, ReasonMissing
from ..models import Limit
from ..models.limit import LONGEST_SECONDS
from ..states import Dimension, Outcome

# What a new installation begins with: generous to a household or an office, tight for a machine.
STARTING = (
    (Dimension.EMAIL, 3_600, 20, Outcome.REVIEW),
    (Dimension.ADDRESS, 600, 30, Outcome.REVIEW),
    (Dimension.ADDRESS, 3_600, 120, Outcome.BLOCK),
)


def add(
    dimension: Dimension,
    *,
    seconds: int,
    most: int,
    outcome: Outcome,
    book: Book,
    actor: Actor,
    reason: str,
    merchant_id: UUID | None = None,
) -> Limit:
    """Count orders by `dimension` from now on; without a merchant, over the whole book. Raises BadRule."""
    _check(seconds=seconds, most=most, outcome=outcome, reason=reason)
    try:
        with transaction.atomic():
            limit = Limit.objects.create(
                book=book,
                merchant_id=merchant_id,
                dimension=dimension,
                seconds=seconds,
                most=most,
                outcome=outcome,
            )
            _keep(limit, "risk.limit_added", actor, reason)
    except IntegrityError as error:
        raise BadRule(why=said("there is such a limit already")) from error
    return limit


def change(limit: Limit, *, seconds: int, most: int, outcome: Outcome, actor: Actor, reason: str) -> Limit:
    """Give the limit other figures. Raises BadRule."""
    _check(seconds=seconds, most=most, outcome=outcome, reason=reason)
    limit.seconds, limit.most, limit.outcome = seconds, most, outcome
    try:
        with transaction.atomic():
            limit.save(update_fields=["seconds", "most", "outcome", "changed_at"])
            _keep(limit, "risk.limit_changed", actor, reason)
    except IntegrityError as error:
        raise BadRule(why=said("there is such a limit already")) from error
    return limit


def switch(limit: Limit, *, is_active: bool, actor: Actor, reason: str) -> Limit:
    """Let the limit count, or not."""
    if not reason.strip():
        raise ReasonMissing
    limit.is_active = is_active
    with transaction.atomic():
        limit.save(update_fields=["is_active", "changed_at"])
        _keep(limit, "risk.limit_switched", actor, reason)
    return limit


def add_starting(book: Book, *, actor: Actor, reason: str) -> list[Limit]:
    """The limits of a new installation, for one book that has none yet; none where it has."""
    if Limit.objects.filter(book=book).exists():
        return []
    return [
        add(dimension, seconds=seconds, most=most, outcome=outcome, book=book, actor=actor, reason=reason)
        for dimension, seconds, most, outcome in STARTING
    ]


def _keep(limit: Limit, action: str, actor: Actor, reason: str) -> None:
    facts = {
        "dimension": limit.dimension,
        "seconds": limit.seconds,
        "most": limit.most,
        "outcome": limit.outcome,
        "is_active": limit.is_active,
        "book": limit.book,
    }
    audit.record(
        actor, action, ("risk_limit", limit.pk), merchant_id=limit.merchant_id, reason=reason, facts=facts
    )
    transaction.on_commit(rules.forget)


def _check(*, seconds: int, most: int, outcome: Outcome, reason: str) -> None:
    if not reason.strip():
        raise ReasonMissing
    if not 1 <= seconds <= LONGEST_SECONDS:
        raise BadRule(why=said("the window is not between a second and seven days"))
    if not 0 <= most <= 10_000:
        raise BadRule(why=said("the number of orders is not between 0 and 10000"))
    if outcome is Outcome.ALLOW:
        raise BadRule(why=said("a limit reviews or blocks"))
