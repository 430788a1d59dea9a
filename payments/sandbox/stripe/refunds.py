"""Refunds as a merchant's server asks for them, and what becomes of them later."""

import secrets
from typing import Any

from django.db import transaction

from kernel import clock

from ..models import StripeRefund, StripeSession
from . import cards, events, plays, shapes
from .errors import Refusal, invalid, missing, no_such
from .states import Deed, RefundStatus
from .wire import Call

_REASONS = frozenset({"", "duplicate", "fraudulent", "requested_by_customer"})
_PAGE, _LARGEST_PAGE = 10, 100


@transaction.atomic
def create(call: Call) -> dict[str, Any]:
    """POST /v1/refunds: a part or, without an amount, the rest."""
    paid = _paid(call)
    reason = call.text("reason")
    if reason not in _REASONS:
        raise invalid("reason", f"Invalid reason: {reason[:40]}")
    left = paid.total - paid.refunded
    if paid.disputes.exclude(status__startswith="warning").exists():
        raise Refusal(
            400, f"Charge {paid.charge_id} has been charged back.", code="charge_disputed", kept=True
        )
    if not left:
        words = f"Charge {paid.charge_id} has already been refunded."
        raise Refusal(400, words, code="charge_already_refunded", kept=True)
    amount = call.whole("amount") or left
    if amount > left:
        words = f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})"
        raise Refusal(400, words, param="amount", kept=True)
    fate = _fate(paid)
    made = StripeRefund.objects.create(
        id=f"re_{secrets.token_hex(12)}",
        session=paid,
        amount=amount,
        status=RefundStatus.PENDING if fate is Deed.REFUND_SUCCEEDS else RefundStatus.SUCCEEDED,
        reason=reason,
        metadata={name: str(value) for name, value in (call.params.get("metadata") or {}).items()},
        created_at=clock.now(),
    )
    paid.refunded += amount
    paid.save(update_fields=["refunded"])
    events.tell(paid, "refund.created", shapes.refund(made))
    events.tell(paid, "charge.refunded", shapes.charge(paid))
    if fate is not None:
        plays.plan(paid, fate, subject=made.id)
    return shapes.refund(made)


def retrieve(call: Call, name: str) -> dict[str, Any]:
    """GET /v1/refunds/{id}."""
    found = StripeRefund.objects.filter(pk=name, session__account=call.account).first()
    if found is None:
        raise no_such("refund", name)
    return shapes.refund(found)


def listing(call: Call) -> dict[str, Any]:
    """GET /v1/refunds, newest first; of one payment intent or charge, if it is named."""
    rows = StripeRefund.objects.filter(session__account=call.account).select_related("session")
    if call.text("payment_intent"):
        rows = rows.filter(session__intent_id=call.text("payment_intent"))
    if call.text("charge"):
        rows = rows.filter(session__charge_id=call.text("charge"))
    size = min(call.whole("limit") or _PAGE, _LARGEST_PAGE)
    found = list(rows)
    after = call.text("starting_after")
    names = [each.id for each in found]
    start = names.index(after) + 1 if after in names else 0
    shown = [shapes.refund(each) for each in found[start : start + size]]
    return shapes.page(shown, "/v1/refunds", has_more=len(found) > start + size)


def conclude(refund: StripeRefund, status: RefundStatus) -> None:
    """What became of a refund, in the caller's transaction. One that failed gives its money back."""
    if refund.status in (status, RefundStatus.FAILED):
        return
    refund.status = status
    paid = StripeSession.objects.select_for_update(no_key=True).get(pk=refund.session_id)
    kinds = ["refund.updated", "charge.refund.updated"]
    if status is RefundStatus.FAILED:
        refund.failure_reason = "expired_or_canceled_card"
        paid.refunded -= refund.amount
        paid.save(update_fields=["refunded"])
        kinds.insert(0, "refund.failed")
    refund.save()
    refund.session = paid
    for kind in kinds:
        events.tell(paid, kind, shapes.refund(refund))


def _paid(call: Call) -> StripeSession:
    intent, charge = call.text("payment_intent"), call.text("charge")
    if not intent and not charge:
        raise missing("payment_intent")
    rows = StripeSession.objects.select_for_update(no_key=True)
    rows = rows.filter(account=call.account, tries__gt=0)
    found = (rows.filter(intent_id=intent) if intent else rows.filter(charge_id=charge)).first()
    if found is None:
        noun = "payment_intent" if intent else "charge"
        raise no_such(noun, intent or charge, noun)
    if not found.is_paid:
        words = f"This PaymentIntent ({intent}) does not have a successful charge to refund."
        raise Refusal(400, words, code="payment_intent_unexpected_state", kept=True)
    return found


def _fate(paid: StripeSession) -> Deed | None:
    """What becomes of a refund by itself: the card says it, or the amount."""
    magic = {18: Deed.REFUND_FAILS, 19: Deed.REFUND_SUCCEEDS}
    if paid.account.magic and paid.amount % 100 in magic:
        return magic[paid.amount % 100]
    last4 = (paid.card or {}).get("last4", "")
    return next((card.refund for number, card in cards.CARDS.items() if number.endswith(last4)), None)
