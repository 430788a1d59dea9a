"""How a merchant's subscriptions are billed: its own rules, or the defaults."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction

import audit
from kernel.actors import Actor

from ..billing import dunning
from ..models import Policy
from ..states import CancelNow


@dataclass(frozen=True, slots=True)
class Rules:
    """A merchant's rules. `notice_days` are those that count: its own, or its market's."""

    retry_days: tuple[int, ...] = dunning.RETRY_DAYS
    grace_days: int = dunning.GRACE_DAYS
    own_notice_days: int | None = None
    may_pause: bool = True
    may_change: bool = True
    cancel_now: CancelNow = CancelNow.NO

    def notice_days(self, country: str) -> int:
        """Days before an automatic charge on which its buyer is told."""
        return dunning.notice_days(country, self.own_notice_days)


DEFAULTS = Rules()


def of(merchant_id: UUID) -> Rules:
    """The rules of a merchant."""
    return of_many([merchant_id])[merchant_id]


def of_many(merchant_ids: Collection[UUID]) -> dict[UUID, Rules]:
    """The rules of each of these merchants."""
    found = {row.merchant_id: _rules(row) for row in Policy.objects.filter(pk__in=set(merchant_ids))}
    return {merchant_id: found.get(merchant_id, DEFAULTS) for merchant_id in merchant_ids}


def change(
    merchant_id: UUID,
    *,
    retry_days: Sequence[int],
    grace_days: int,
    notice_days: int | None,
    may_pause: bool,
    may_change: bool,
    cancel_now: CancelNow,
    actor: Actor,
) -> Rules:
    """Bill by these rules from now on. What is in dunning already goes by the new schedule too.

    Raises IntegrityError for days that do not go up from 0 to 30 at most.
    """
    values: dict[str, Any] = {
        "retry_days": list(retry_days),
        "grace_days": grace_days,
        "notice_days": notice_days,
        "may_pause": may_pause,
        "may_change": may_change,
        "cancel_now": cancel_now,
    }
    with transaction.atomic():
        row, _ = Policy.objects.update_or_create(pk=merchant_id, defaults=values)
        audit.record(
            actor,
            "subscriptions.policy_changed",
            ("merchant", merchant_id),
            merchant_id=merchant_id,
            facts=values,
        )
    return _rules(row)


def _rules(row: Policy) -> Rules:
    return Rules(
        retry_days=tuple(row.retry_days),
        grace_days=row.grace_days,
        own_notice_days=row.notice_days,
        may_pause=row.may_pause,
        may_change=row.may_change,
        cancel_now=CancelNow(row.cancel_now),
    )
