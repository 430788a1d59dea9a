"""Alerts: one open row a matter, however often it comes back."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any
from uuid import UUID

import orjson
from django.db import transaction

import audit
from kernel import clock, ids
from kernel.actors import Actor

from .. import sql
from ..models import Alert

_RAISE = sql.Statement("""
INSERT INTO payments_alert
    (id, code, merchant_id, book, subject_type, subject_id, facts, count, first_at, last_at)
VALUES (%(id)s, %(code)s, %(merchant)s, %(book)s, %(type)s, %(subject)s, %(facts)s::jsonb, 1, %(now)s,
    %(now)s)
ON CONFLICT (code, subject_id) WHERE resolved_at IS NULL
DO UPDATE SET count = payments_alert.count + 1, last_at = EXCLUDED.last_at, facts = EXCLUDED.facts
""")


class Matter(StrEnum):
    """What a person is told of."""

    NOTICE_UNVERIFIED = "notice.unverified"  # about an account: somebody sends what is not genuine
    NOTICE_MISMATCH = "notice.mismatch"  # about a payment: genuine, and not what our row says
    NOTICE_STUCK = "notice.stuck"  # about a payment: a genuine notice cannot be applied
    PAYMENT_OTHER_AMOUNT = "payment.other_amount"  # more or less came than was asked for, and goes back
    PAYMENT_UNKNOWN = "payment.unknown"  # the channel has not said for a day
    REFUND_UNKNOWN = "refund.unknown"
    REFUND_FAILED = "refund.failed"
    REFUND_STRANGE = "refund.strange"  # about a payment: somebody refunded at the channel, not here
    PAYOUT_UNKNOWN = "payout.unknown"  # the bank has not said for a day
    DISPUTE_OPENED = "dispute.opened"  # a buyer's bank takes money back, or asks about it
    DELIVERY_FAILED = "delivery.failed"  # paid, and its keys are not all there
    WEBHOOK_FAILING = "webhook.failing"  # about an endpoint: events were given up
    WEBHOOK_DISABLED = "webhook.disabled"  # about an endpoint: it was switched off by itself


def tell(
    matter: Matter,
    subject: tuple[str, UUID],
    *,
    merchant_id: UUID,
    book: str,
    facts: Mapping[str, Any] | None = None,
) -> None:
    """Open the alert, or count once more the one that is open. Runs in the caller's transaction."""
    _RAISE.run(
        {
            "id": ids.new(),
            "code": matter,
            "merchant": merchant_id,
            "book": book,
            "type": subject[0],
            "subject": subject[1],
            "facts": orjson.dumps(facts or {}).decode(),
            "now": clock.now(),
        }
    )


def resolve(alert: Alert, *, actor: Actor, reason: str) -> None:
    """Close an alert. What it was about opens a new one when it comes back."""
    with transaction.atomic():
        Alert.objects.filter(pk=alert.pk, resolved_at=None).update(resolved_at=clock.now())
        audit.record(
            actor, "alert.resolved", ("alert", alert.pk), merchant_id=alert.merchant_id, reason=reason
        )
    alert.refresh_from_db()
