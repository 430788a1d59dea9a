"""Fall-back policies: what a merchant wants where nobody can judge in time."""

from uuid import UUID

from django.db import transaction

import audit
from kernel.actors import Actor

from .. import rules
from ..errors import ReasonMissing
from ..models import Policy
from ..states import Outcome


def set_fallback(merchant_id: UUID | None, outcome: Outcome, *, actor: Actor, reason: str) -> Policy:
    """Set the fall-back of a merchant; without one, of all that have none of their own."""
    if not reason.strip():
        raise ReasonMissing
    with transaction.atomic():
        policy, _ = Policy.objects.update_or_create(
            merchant_id=merchant_id,
            defaults={"fallback": outcome},  # type: ignore[misc]
        )
        audit.record(
            actor,
            "risk.fallback_set",
            ("risk_policy", policy.pk),
            merchant_id=merchant_id,
            reason=reason,
            facts={"fallback": outcome},
        )
        transaction.on_commit(rules.forget)
    return policy
