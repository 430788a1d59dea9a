"""Charges without the buyer: intents, made and confirmed at once with a card that a customer keeps."""

import secrets
from typing import Any

from django.db import transaction

from kernel import clock

from ..models import StripeCard, StripeSession
from . import cards, events, shapes, wallet
from .errors import Refusal, invalid, missing, no_such
from .sessions import LEAST, MOST, metadata
from .states import IntentStatus, Mode, SessionStatus
from .wire import Call

_PAGE, _LARGEST_PAGE = 10, 100
_NEEDS_BUYER = "authentication_required"


def create(call: Call) -> dict[str, Any]:
    """POST /v1/payment_intents, confirmed and off-session. A card that does not pay is an error."""
    for name in ("confirm", "off_session"):
        if call.text(name) != "true":
            raise invalid(name, f"This sandbox charges kept cards only: {name} must be true.")
    # What is refused in here undoes the whole call, which has a transaction of its own.
    with transaction.atomic(savepoint=False):
        made = _made(call, _card(call))
        code = wallet.refusal_of(made.kept) if made.kept else ""
        if code:
            refused = _refuse(made, code)
        else:
            _take(made)
    if code:
        raise refused
    return shapes.intent(made, call.expanded())


def listing(call: Call) -> dict[str, Any]:
    """GET /v1/payment_intents of one customer, newest first."""
    rows = StripeSession.objects.filter(account=call.account, tries__gt=0).exclude(mode=Mode.SETUP)
    rows = rows.filter(kept__customer=call.text("customer", needed=True)).select_related("kept")
    size = min(call.whole("limit") or _PAGE, _LARGEST_PAGE)
    found = list(rows.order_by("-created_at", "-intent_id"))
    names = [each.intent_id for each in found]
    after = call.text("starting_after")
    start = names.index(after) + 1 if after in names else 0
    expand = frozenset(each.removeprefix("data.") for each in call.expanded())
    shown = [shapes.intent(each, expand) for each in found[start : start + size]]
    return shapes.page(shown, "/v1/payment_intents", has_more=len(found) > start + size)


def cancel(call: Call, name: str) -> dict[str, Any]:
    """POST /v1/payment_intents/{id}/cancel: only one that waits."""
    with transaction.atomic():
        rows = StripeSession.objects.select_for_update(no_key=True, of=("self",)).select_related("kept")
        found = rows.filter(account=call.account, intent_id=name, mode=Mode.OFF_SESSION).first()
        if found is None:
            raise no_such("payment_intent", name, "intent")
        if found.intent_status != IntentStatus.WAITING:
            words = f"You cannot cancel this PaymentIntent because it has a status of {found.intent_status}."
            raise Refusal(400, words, code="payment_intent_unexpected_state", kept=True)
        found.enter(IntentStatus.CANCELED)
        found.save()
        events.tell(found, "payment_intent.canceled", shapes.intent(found))
    return shapes.intent(found, call.expanded())


def retrieve_setup(call: Call, name: str) -> dict[str, Any]:
    """GET /v1/setup_intents/{id}."""
    rows = StripeSession.objects.filter(account=call.account, intent_id=name, mode=Mode.SETUP)
    found = rows.select_related("kept").first()
    if found is None:
        raise no_such("setup_intent", name, "intent")
    return shapes.setup_intent(found, call.expanded())


def _card(call: Call) -> StripeCard:
    name, customer = call.text("payment_method", needed=True), call.text("customer", needed=True)
    found = StripeCard.objects.filter(account=call.account, pk=name).first()
    if found is None or not found.is_attached:
        raise Refusal(
            400, f"No such PaymentMethod: '{name[:80]}'", code="resource_missing", param="payment_method"
        )
    if found.customer != customer:
        raise invalid("payment_method", "The payment method belongs to another customer.")
    return found


def _made(call: Call, card: StripeCard) -> StripeSession:
    """The intent, unsaved."""
    currency, amount = call.text("currency", needed=True), call.whole("amount")
    if currency not in LEAST:
        raise invalid("currency", f"Invalid currency: {currency[:10]}")
    if amount is None:
        raise missing("amount")
    if not LEAST[currency] <= amount <= MOST:
        code = "amount_too_small" if amount < LEAST[currency] else "amount_too_large"
        raise Refusal(400, "The amount is outside what can be charged.", code=code, param="amount")
    given, now = metadata(call.params), clock.now()
    name = secrets.token_hex(12)
    return StripeSession(
        id=f"cs_none_{name}",
        account=call.account,
        mode=Mode.OFF_SESSION,
        kept=card,
        intent_id=f"pi_{name}",
        charge_id=f"ch_{secrets.token_hex(12)}",
        status=SessionStatus.COMPLETE,
        amount=amount,
        currency=currency,
        title=call.text("description")[:250],
        reference=next(iter(given.values()), "")[:200],
        intent_metadata=given,
        card={"brand": card.brand, "last4": card.last4},
        tries=1,
        created_at=now,
        expires_at=now,
    )


def _take(made: StripeSession) -> None:
    made.charged, made.paid_at = made.amount, clock.now()
    made.enter(IntentStatus.SUCCEEDED)
    made.save(force_insert=True)
    events.tell(made, "payment_intent.succeeded", shapes.intent(made))


def _refuse(made: StripeSession, code: str) -> Refusal:
    """The card did not pay. The intent stands, waiting for another card, and the error carries it."""
    code, decline = (code, "") if code == _NEEDS_BUYER else ("card_declined", code)
    error = cards.error_of(code, decline)
    made.error = error
    made.save(force_insert=True)
    events.tell(made, "payment_intent.payment_failed", shapes.intent(made))
    more: dict[str, Any] = {"decline_code": decline or code, "payment_intent": shapes.intent(made)}
    return Refusal(402, error["message"], kind="card_error", code=code, kept=True, **more)
