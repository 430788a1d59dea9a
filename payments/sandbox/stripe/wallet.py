"""Cards that customers keep: attached at Checkout, detached by the merchant's server."""

import secrets
from typing import Any

from django.db import transaction

from kernel import clock

from ..models import StripeCard, StripeSession
from . import cards, events, shapes
from .errors import Refusal, no_such
from .wire import Call

WORKS = ""
PLIGHTS = (WORKS, "insufficient_funds", "generic_decline", "lost_card", "authentication_required")
"""What the desk may make of a kept card from now on."""


def keep(found: StripeSession) -> None:
    """Keep the card that a session was paid or set up with, in the caller's transaction."""
    shown = found.card or {}
    found.kept = StripeCard.objects.create(
        id=f"pm_{secrets.token_hex(12)}",
        account=found.account,
        customer=f"cus_{secrets.token_hex(8)}",
        last4=shown.get("last4", ""),
        brand=shown.get("brand", "unknown"),
        exp_month=shown.get("exp_month", 12),
        exp_year=shown.get("exp_year", 2099),
        created_at=clock.now(),
    )


def retrieve(call: Call, name: str) -> dict[str, Any]:
    """GET /v1/payment_methods/{id}."""
    return shapes.method(_found(call, name))


@transaction.atomic
def detach(call: Call, name: str) -> dict[str, Any]:
    """POST /v1/payment_methods/{id}/detach: for good, and once."""
    found = _found(call, name)
    if not found.is_attached:
        words = "The payment method you provided is not attached to a customer so detachment is impossible."
        raise Refusal(400, words, kept=True)
    StripeCard.objects.filter(pk=found.pk).update(is_attached=False)
    found.is_attached = False
    latest = found.sessions.order_by("-created_at").first()
    if latest is not None:
        events.tell(latest, "payment_method.detached", shapes.method(found))
    return shapes.method(found)


def refusal_of(card: StripeCard) -> str:
    """The code that a charge of a kept card meets now; empty: it pays."""
    return card.plight or cards.card_of(cards.number_of(card.last4)).kept


def _found(call: Call, name: str) -> StripeCard:
    found = StripeCard.objects.filter(account=call.account, pk=name).first()
    if found is None:
        raise no_such("payment_method", name, "payment_method")
    return found
