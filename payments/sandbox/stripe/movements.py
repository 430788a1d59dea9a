"""Balance transactions, as far as a merchant compares them: of charges, refunds and disputes."""

from typing import Any

from ..models import StripeDispute, StripeRefund, StripeSession
from . import shapes
from .errors import no_such
from .states import IntentStatus, RefundStatus
from .wire import Call


def retrieve(call: Call, name: str) -> dict[str, Any]:
    """GET /v1/balance_transactions/{id}."""
    source = name.removeprefix("txn_")
    found = {"ch": _of_charge, "re": _of_refund, "du": _of_dispute}.get(source[:2])
    movement = found(call, name, source) if found is not None else None
    if movement is None:
        raise no_such("balance_transaction", name)
    return movement


def _of_charge(call: Call, name: str, source: str) -> dict[str, Any] | None:
    paid = StripeSession.objects.filter(
        account=call.account, charge_id=source, intent_status=IntentStatus.SUCCEEDED
    ).first()
    if paid is None or paid.paid_at is None:
        return None
    return shapes.movement(
        name,
        amount=paid.total,
        fee=shapes.fee_of(paid.total),
        currency=paid.currency,
        kind="charge",
        source=source,
        moment=paid.paid_at,
    )


def _of_refund(call: Call, name: str, source: str) -> dict[str, Any] | None:
    """What went back, or what came back when it failed. Stripe keeps the fee of the charge."""
    back = source.removesuffix("_failed")
    refund = StripeRefund.objects.filter(pk=back, session__account=call.account).first()
    if refund is None or (back != source and refund.status != RefundStatus.FAILED):
        return None
    return shapes.movement(
        name,
        amount=-refund.amount if back == source else refund.amount,
        fee=0,
        currency=refund.session.currency,
        kind="refund" if back == source else "refund_failure",
        source=back,
        moment=refund.created_at,
    )


def _of_dispute(call: Call, name: str, source: str) -> dict[str, Any] | None:
    dispute = StripeDispute.objects.filter(
        pk=source.rpartition("_")[0], session__account=call.account
    ).first()
    rows = dispute.transactions if dispute is not None else []
    return next((row for row in rows if row["id"] == name), None)
