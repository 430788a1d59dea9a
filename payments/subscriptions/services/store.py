"""Subscriptions on their way through a transaction: locked, changed in memory, written in one statement."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

import orjson

from payments import sql

from ..models import Subscription
from ..states import SUBSCRIPTION, SubscriptionState

# What may change, with its type. It is written whole, because the row is locked from its reading on.
_COLUMNS = {
    "state": "text",
    "version_id": "uuid",
    "quantity": "integer",
    "unit_price": "bigint",
    "anchor_at": "timestamptz",
    "step": "integer",
    "period": "integer",
    "period_starts": "timestamptz",
    "period_ends": "timestamptz",
    "period_value": "bigint",
    "trial_ends": "timestamptz",
    "had_trial": "boolean",
    "balance": "bigint",
    "recurring": "numeric",
    "cancel_at_end": "boolean",
    "cancel_reason": "text",
    "pause_at_end": "boolean",
    "resume_at": "timestamptz",
    "next_version_id": "uuid",
    "next_quantity": "integer",
    "next_unit_price": "bigint",
    "mandate_id": "uuid",
    "method": "text",
    "due_at": "timestamptz",
    "noticed": "integer",
    "past_due_since": "timestamptz",
    "tries": "smallint",
    "told_tries": "smallint",
    "needs_buyer": "boolean",
    "hard": "boolean",
    "entitlement_id": "uuid",
    "started_at": "timestamptz",
    "ended_at": "timestamptz",
    "end_reason": "text",
}
_SAVE = sql.Statement(
    "UPDATE subscriptions_subscription s SET "  # noqa: S608 (names of this module)
    + ", ".join(f"{name} = v.{name}" for name in _COLUMNS)
    + " FROM json_to_recordset(%(rows)s::json) AS v (id uuid, kind text, "
    + ", ".join(f"{name} {kind}" for name, kind in _COLUMNS.items())
    + ") WHERE s.id = v.id AND v.kind = 'subscription'"
)


def lock(subscription_ids: Collection[UUID]) -> dict[UUID, Subscription]:
    """These subscriptions, locked in ascending order, each with its merchant."""
    rows = (
        Subscription.objects.select_for_update(no_key=True, of=("self",))
        .select_related("merchant")
        .filter(pk__in=set(subscription_ids))
        .order_by("pk")
    )
    return {row.pk: row for row in rows}


def lock_one(subscription_id: UUID) -> Subscription:
    """One of them."""
    return lock([subscription_id])[subscription_id]


def save(subscriptions: Sequence[Subscription]) -> None:
    """Write what was changed of locked subscriptions. The database refuses a move outside the table."""
    if subscriptions:
        _SAVE.run({"rows": orjson.dumps([_row(each) for each in subscriptions]).decode()})


def move(subscription: Subscription, target: SubscriptionState) -> None:
    """Let a locked subscription enter a state; `save` writes it. Raises IllegalMove."""
    if subscription.state != target:
        SUBSCRIPTION.check(SubscriptionState(subscription.state), target)
        subscription.state = target


def _row(subscription: Subscription) -> dict[str, Any]:
    values = {name: getattr(subscription, name) for name in _COLUMNS}
    values["recurring"] = str(subscription.recurring)
    return {"id": subscription.pk, "kind": "subscription", **values}
