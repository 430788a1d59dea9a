"""Entitlements as the seller's software asks after them: whether one is on, and until when."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from kernel import clock, ids
from kernel.errors import NotFound
from prepared import Statement

from ..models import Entitlement
from ..models.entitlement import KEY_LENGTH, state_of
from ..states import EntitlementState


@dataclass(frozen=True, slots=True)
class Check:
    """How an entitlement stands now, on the merchant's clock."""

    id: UUID
    state: EntitlementState
    starts_at: datetime
    ends_at: datetime
    grace_until: datetime | None
    quantity: int
    product_id: UUID
    subscription_id: UUID | None

    @classmethod
    def of(cls, row: Entitlement, now: datetime) -> "Check":
        """How a row that was read stands at `now`."""
        return cls(
            id=row.pk,
            state=row.state(now),
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            grace_until=row.grace_until,
            quantity=row.quantity,
            product_id=row.product_id,
            subscription_id=row.subscription_id,
        )

    @property
    def is_on(self) -> bool:
        """Whether the seller's software should serve its bearer."""
        return self.state in (EntitlementState.ACTIVE, EntitlementState.GRACE)


_CHECK = """
    SELECT e.id, e.starts_at, e.ends_at, e.grace_until, e.suspended_at, e.revoked_at, e.quantity,
        e.product_id, e.subscription_id, m.clock_ahead
    FROM merchants_entitlement e JOIN merchants_merchant m ON m.id = e.merchant_id
    WHERE e.merchant_id = $1 AND """
_BY_ID = Statement(_CHECK + "e.id = $2")
_BY_KEY = Statement(_CHECK + "e.key = $2")


def by_key(merchant_id: UUID, key: str) -> Check:
    """How an entitlement of this merchant stands now, by its key or its `ent_…`. Raises NotFound."""
    if key.startswith("ent_"):
        rows = _BY_ID.rows(merchant_id, ids.decode("ent", key))
    else:
        rows = _BY_KEY.rows(merchant_id, key[: KEY_LENGTH + 1])
    if not rows:
        raise NotFound(entitlement="?")
    found, starts, ends, grace_until, suspended, revoked, quantity, product, subscription, ahead = rows[0]
    now = clock.now() + ahead
    state = state_of(
        now,
        starts_at=starts,
        ends_at=ends,
        grace_until=grace_until,
        suspended_at=suspended,
        revoked_at=revoked,
    )
    return Check(found, state, starts, ends, grace_until, quantity, product, subscription)
