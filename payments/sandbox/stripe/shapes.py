"""Objects as Stripe writes them, as far as a merchant's server has a use for the fields."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse

from ..models import StripeCard, StripeDispute, StripeEvent, StripeRefund, StripeSession
from .states import IntentStatus, Mode, RefundStatus, SessionStatus

API_VERSION = "2026-10-28.endive"
Json = dict[str, Any]
_FEE_SHARE = 29  # of a thousand


def checkout_url(session: StripeSession) -> str:
    """Where the buyer pays."""
    return f"{settings.KEYWAY_SANDBOX_URL}{reverse('sandbox:stripe-checkout', args=[session.id])}"


def session(of: StripeSession, expand: frozenset[str] = frozenset()) -> Json:
    """A Checkout session."""
    is_setup = of.mode == Mode.SETUP
    noun, write = ("setup_intent", setup_intent) if is_setup else ("payment_intent", intent)
    shown: Any = of.intent_id if of.was_tried else None
    if of.was_tried and any(each.startswith(noun) for each in expand):
        inner = {each.partition(".")[2] for each in expand if each.startswith(f"{noun}.")}
        shown = write(of, frozenset(inner))
    return {
        "id": of.id,
        "object": "checkout.session",
        "amount_subtotal": None if is_setup else of.total,
        "amount_total": None if is_setup else of.total,
        "cancel_url": of.cancel_url or None,
        "client_reference_id": of.reference or None,
        "created": _seconds(of.created_at),
        "currency": of.currency or None,
        "customer": of.kept.customer if of.kept else None,
        "expires_at": _seconds(of.expires_at),
        "livemode": False,
        "locale": of.locale or None,
        "metadata": of.metadata,
        "mode": of.mode,
        "payment_intent": None if is_setup else shown,
        "payment_method_types": ["card"],
        "payment_status": "no_payment_required" if is_setup else "paid" if of.is_paid else "unpaid",
        "setup_intent": shown if is_setup else None,
        "status": of.status,
        "success_url": of.success_url,
        "ui_mode": "hosted_page",
        "url": checkout_url(of) if of.status == SessionStatus.OPEN else None,
    }


def intent(of: StripeSession, expand: frozenset[str] = frozenset()) -> Json:
    """The payment intent of a session."""
    has_charge = of.intent_status in (IntentStatus.SUCCEEDED, IntentStatus.PROCESSING) or of.error
    latest: Any = of.charge_id if has_charge else None
    if latest and "latest_charge" in expand:
        latest = charge(of)
    return {
        "id": of.intent_id,
        "object": "payment_intent",
        "amount": of.total,
        "amount_received": of.total if of.is_paid else 0,
        "capture_method": "automatic_async",
        "created": _seconds(of.created_at),
        "currency": of.currency,
        "customer": of.kept.customer if of.kept else None,
        "last_payment_error": of.error,
        "latest_charge": latest,
        "livemode": False,
        "metadata": of.intent_metadata,
        "payment_method": _method(of.kept, expand),
        "payment_method_types": ["card"],
        "status": of.intent_status,
    }


def setup_intent(of: StripeSession, expand: frozenset[str] = frozenset()) -> Json:
    """The intent of a session that keeps a card and charges nothing."""
    return {
        "id": of.intent_id,
        "object": "setup_intent",
        "created": _seconds(of.created_at),
        "customer": of.kept.customer if of.kept else None,
        "last_setup_error": of.error,
        "livemode": False,
        "metadata": of.intent_metadata,
        "payment_method": _method(of.kept, expand),
        "payment_method_types": ["card"],
        "status": of.intent_status,
        "usage": "off_session",
    }


def method(of: StripeCard) -> Json:
    """A card that is kept, or was."""
    return {
        "id": of.id,
        "object": "payment_method",
        "card": {
            "brand": of.brand,
            "exp_month": of.exp_month,
            "exp_year": of.exp_year,
            "last4": of.last4,
        },
        "created": _seconds(of.created_at),
        "customer": of.customer if of.is_attached else None,
        "livemode": False,
        "metadata": {},
        "type": "card",
    }


def _method(of: StripeCard | None, expand: frozenset[str]) -> Any:
    if of is None:
        return None
    return method(of) if "payment_method" in expand else of.id


def charge(of: StripeSession) -> Json:
    """The charge of a session's intent, the last one that was tried."""
    failed = of.error or {}
    return {
        "id": of.charge_id,
        "object": "charge",
        "amount": of.total,
        "amount_captured": of.total if of.is_paid else 0,
        "amount_refunded": of.refunded,
        "balance_transaction": f"txn_{of.charge_id}" if of.is_paid else None,
        "captured": of.is_paid,
        "created": _seconds(of.paid_at or of.created_at),
        "currency": of.currency,
        "disputed": of.disputes.exists(),
        "failure_code": failed.get("code"),
        "failure_message": failed.get("message"),
        "livemode": False,
        "metadata": of.intent_metadata,
        "paid": of.is_paid,
        "payment_intent": of.intent_id,
        "payment_method_details": {"card": of.card, "type": "card"},
        "refunded": of.is_paid and of.refunded == of.total,
        "status": "succeeded" if of.is_paid else "pending" if not of.error else "failed",
    }


def refund(of: StripeRefund) -> Json:
    """A refund."""
    has_failed = of.status == RefundStatus.FAILED
    return {
        "id": of.id,
        "object": "refund",
        "amount": of.amount,
        "balance_transaction": f"txn_{of.id}",
        "charge": of.session.charge_id,
        "created": _seconds(of.created_at),
        "currency": of.session.currency,
        "destination_details": {"type": "card"},
        "metadata": of.metadata,
        "payment_intent": of.session.intent_id,
        "reason": of.reason or None,
        "status": of.status,
        **({"failure_balance_transaction": f"txn_{of.id}_failed"} if has_failed else {}),
        **({"failure_reason": of.failure_reason} if has_failed else {}),
    }


def dispute(of: StripeDispute) -> Json:
    """A dispute with the movements of its money."""
    return {
        "id": of.id,
        "object": "dispute",
        "amount": of.amount,
        "balance_transactions": of.transactions,
        "charge": of.session.charge_id,
        "created": _seconds(of.created_at),
        "currency": of.session.currency,
        "evidence_details": {
            "due_by": _seconds(of.due_by),
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
        },
        "is_charge_refundable": of.status.startswith("warning"),
        "livemode": False,
        "metadata": {},
        "payment_intent": of.session.intent_id,
        "reason": of.reason,
        "status": of.status,
    }


def movement(
    name: str, *, amount: int, fee: int, currency: str, kind: str, source: str, moment: datetime
) -> Json:
    """A balance transaction: `amount` signed as it moves the account's balance, `fee` taken besides."""
    words = "Dispute fee" if kind == "adjustment" else "Stripe processing fees"
    return {
        "id": name,
        "object": "balance_transaction",
        "amount": amount,
        "available_on": _seconds(moment),
        "created": _seconds(moment),
        "currency": currency,
        "exchange_rate": None,
        "fee": fee,
        "fee_details": [{"amount": fee, "currency": currency, "description": words, "type": "stripe_fee"}]
        if fee
        else [],
        "net": amount - fee,
        "reporting_category": {"adjustment": "dispute"}.get(kind, kind),
        "source": source,
        "status": "pending",
        "type": kind,
    }


def fee_of(amount: int) -> int:
    """What Stripe keeps of a charge: 2.9 %, rounded half up."""
    return (amount * _FEE_SHARE + 500) // 1000


def event(of: StripeEvent, item: Json, previous: Mapping[str, Any] | None = None) -> Json:
    """An event about an object as it stands now."""
    data: Json = {"object": item}
    if previous:
        data["previous_attributes"] = dict(previous)
    return {
        "id": of.id,
        "object": "event",
        "api_version": API_VERSION,
        "created": _seconds(of.created_at),
        "data": data,
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": of.type,
    }


def page(items: list[Json], url: str, *, has_more: bool) -> Json:
    """A page of a list."""
    return {"object": "list", "data": items, "has_more": has_more, "url": url}


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())
