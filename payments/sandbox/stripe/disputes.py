"""Disputes: what a buyer's bank does. Money is taken when one opens, and comes back when it is won."""

import secrets
from datetime import timedelta
from typing import Any

from kernel import clock

from ..models import StripeDispute, StripeSession
from . import events, shapes
from .errors import no_such
from .states import DisputeStatus
from .wire import Call

FEE = {"jpy": 1500}
_FEE = 1500
_TIME_TO_ANSWER = timedelta(days=7)


def retrieve(call: Call, name: str) -> dict[str, Any]:
    """GET /v1/disputes/{id}."""
    found = StripeDispute.objects.filter(pk=name, session__account=call.account).first()
    if found is None:
        raise no_such("dispute", name)
    return shapes.dispute(found)


def open(paid: StripeSession, *, inquiry: bool = False) -> StripeDispute | None:
    """Dispute what is left of a payment, in the caller's transaction. None where nothing is left."""
    amount = paid.total - paid.refunded
    if not paid.is_paid or amount <= 0 or paid.disputes.exists():
        return None
    now = clock.now()
    made = StripeDispute.objects.create(
        id=f"du_{secrets.token_hex(12)}",
        session=paid,
        amount=amount,
        reason="fraudulent",
        status=DisputeStatus.WARNING if inquiry else DisputeStatus.NEEDS_RESPONSE,
        due_by=now + _TIME_TO_ANSWER,
        created_at=now,
    )
    if not inquiry:
        _move(made, -amount, FEE.get(paid.currency, _FEE))
    events.tell(paid, "charge.dispute.created", shapes.dispute(made))
    if not inquiry:
        events.tell(paid, "charge.dispute.funds_withdrawn", shapes.dispute(made))
    return made


def enter(dispute: StripeDispute, target: DisputeStatus) -> None:
    """The bank decides, in the caller's transaction. Raises IllegalMove."""
    session = dispute.session
    dispute.enter(target)
    if target is DisputeStatus.WON:
        _move(dispute, dispute.amount, 0)
    dispute.save()
    ends = target not in (DisputeStatus.UNDER_REVIEW, DisputeStatus.NEEDS_RESPONSE)
    if target is DisputeStatus.WON:
        events.tell(session, "charge.dispute.funds_reinstated", shapes.dispute(dispute))
    kind = "charge.dispute.closed" if ends else "charge.dispute.updated"
    events.tell(session, kind, shapes.dispute(dispute))


def _move(dispute: StripeDispute, amount: int, fee: int) -> None:
    number = len(dispute.transactions) + 1
    dispute.transactions = [
        *dispute.transactions,
        shapes.movement(
            f"txn_{dispute.id}_{number}",
            amount=amount,
            fee=fee,
            currency=dispute.session.currency,
            kind="adjustment",
            source=dispute.id,
            moment=clock.now(),
        ),
    ]
    dispute.save(update_fields=["transactions"])
