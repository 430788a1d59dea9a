"""Checkout sessions as a merchant's server asks for them."""

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction

from kernel import clock

from ..models import StripeAccount, StripeSession
from . import events, plays, shapes
from .errors import Refusal, invalid, missing, no_such
from .states import IntentStatus, Mode, SessionStatus
from .wire import Call, number_in

SHORTEST, LONGEST = timedelta(minutes=30), timedelta(hours=24)
# Stripe counts whole seconds and is not strict about the way there.
_GRACE = timedelta(seconds=60)
LEAST = {"usd": 50, "eur": 50, "gbp": 30, "hkd": 400, "jpy": 50, "cny": 400, "sgd": 50, "aud": 50, "cad": 50}
MOST = 99_999_999
_LOCALES = frozenset({"auto", "zh", "zh-TW", "zh-HK", "en", "en-GB", "ja", "ko", "de", "fr", "es"})
_AT_ONCE = 50


@transaction.atomic
def create(call: Call) -> dict[str, Any]:
    """POST /v1/checkout/sessions."""
    now = clock.now()
    mode = call.text("mode", needed=True)
    if mode not in (Mode.PAYMENT, Mode.SETUP):
        raise invalid("mode", "This sandbox sells and keeps cards: mode must be payment or setup.")
    locale = call.text("locale")
    if locale and locale not in _LOCALES:
        raise invalid("locale", f"Invalid locale: {locale[:20]}")
    is_setup = mode == Mode.SETUP
    intent_data = _object(call.params, "setup_intent_data" if is_setup else "payment_intent_data")
    title, currency, amount = ("", "", 0) if is_setup else _line(call.params)
    keeps = is_setup or intent_data.get("setup_future_usage") == "off_session"
    if keeps and call.text("customer_creation") != "always":
        raise invalid("customer_creation", "A card is kept by a customer: customer_creation must be always.")
    made = StripeSession.objects.create(
        id=f"cs_test_{secrets.token_hex(24)}",
        account=call.account,
        mode=mode,
        keeps=keeps,
        intent_id=f"{'seti' if is_setup else 'pi'}_{secrets.token_hex(12)}",
        charge_id=f"ch_{secrets.token_hex(12)}",
        amount=amount,
        currency=currency,
        title=title or str(intent_data.get("description", ""))[:250],
        reference=_short(call.text("client_reference_id"), "client_reference_id"),
        metadata=metadata(call.params),
        intent_metadata=metadata(intent_data),
        success_url=_address(call.text("success_url", needed=True), "success_url"),
        cancel_url=_address(call.text("cancel_url"), "cancel_url") if call.text("cancel_url") else "",
        locale=locale,
        created_at=now,
        expires_at=_end(call.whole("expires_at"), now),
    )
    plays.plan_magic(made)
    return shapes.session(made, call.expanded())


def retrieve(call: Call, name: str) -> dict[str, Any]:
    """GET /v1/checkout/sessions/{id}."""
    with transaction.atomic():
        found = _locked(call.account, name)
        end(found, clock.now())
    return shapes.session(found, call.expanded())


def shut(call: Call, name: str) -> dict[str, Any]:
    """POST /v1/checkout/sessions/{id}/expire: only one that is open."""
    with transaction.atomic():
        found = _locked(call.account, name)
        end(found, clock.now())
        if found.status != SessionStatus.OPEN:
            raise Refusal(
                400,
                'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session'
                f" has a status of {found.status}.",
                kept=True,
            )
        _expire(found)
    return shapes.session(found, call.expanded())


def intent(call: Call, name: str) -> dict[str, Any]:
    """GET /v1/payment_intents/{id}."""
    found = StripeSession.objects.filter(account=call.account, intent_id=name, tries__gt=0).first()
    if found is None:
        raise no_such("payment_intent", name, "intent")
    return shapes.intent(found, call.expanded())


def charge(call: Call, name: str) -> dict[str, Any]:
    """GET /v1/charges/{id}."""
    found = StripeSession.objects.filter(account=call.account, charge_id=name, tries__gt=0).first()
    if found is None:
        raise no_such("charge", name)
    return shapes.charge(found)


def end(found: StripeSession, moment: datetime) -> None:
    """Expire a locked session whose time is up."""
    if found.status == SessionStatus.OPEN and found.expires_at <= moment:
        _expire(found)


def expire_due(moment: datetime) -> int:
    """Expire sessions whose time is up, a bounded number at once. Gives how many."""
    with transaction.atomic():
        due = StripeSession.objects.select_for_update(no_key=True, skip_locked=True).filter(
            status=SessionStatus.OPEN, expires_at__lte=moment
        )
        ended = list(due[:_AT_ONCE])
        for each in ended:
            _expire(each)
    return len(ended)


def _expire(found: StripeSession) -> None:
    found.enter(SessionStatus.EXPIRED)
    found.enter(IntentStatus.CANCELED)
    found.save()
    events.tell(found, "checkout.session.expired", shapes.session(found))


def _locked(account: StripeAccount, name: str) -> StripeSession:
    found = StripeSession.objects.select_for_update(no_key=True).filter(account=account, pk=name).first()
    if found is None:
        raise no_such("checkout.session", name, "session")
    return found


def _line(params: Mapping[str, Any]) -> tuple[str, str, int]:
    lines = _object(params, "line_items")
    if len(lines) != 1:
        raise missing("line_items") if not lines else invalid("line_items", "This sandbox takes one line.")
    line = next(iter(lines.values()))
    price = _object(line if isinstance(line, Mapping) else {}, "price_data")
    product = _object(price, "product_data")
    currency, title = str(price.get("currency", "")).lower(), str(product.get("name", ""))
    if not title:
        raise missing("line_items[0][price_data][product_data][name]")
    if currency not in LEAST:
        raise invalid("line_items[0][price_data][currency]", f"Invalid currency: {currency[:10]}")
    total = number_in(price, "unit_amount") * number_in(line, "quantity")
    if total < LEAST[currency]:
        raise Refusal(400, "The total is below the smallest amount.", code="amount_too_small")
    if total > MOST:
        raise Refusal(400, "The total is above the largest amount.", code="amount_too_large")
    return title[:250], currency, total


def _end(seconds: int | None, now: datetime) -> datetime:
    if seconds is None:
        return now + LONGEST
    until = datetime.fromtimestamp(seconds, UTC)
    if not now + SHORTEST - _GRACE <= until <= now + LONGEST + _GRACE:
        raise invalid(
            "expires_at",
            "The `expires_at` timestamp must be 30 minutes to 24 hours from Checkout Session creation.",
        )
    return until


def _object(params: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = params.get(name, {})
    if not isinstance(value, Mapping):
        raise invalid(name, f"Invalid object: {name}")
    return value


def metadata(params: Mapping[str, Any]) -> dict[str, str]:
    """The notes that a merchant's server writes on an object. Raises Refusal."""
    given = _object(params, "metadata")
    if len(given) > 50 or any(len(name) > 40 or len(str(value)) > 500 for name, value in given.items()):
        raise invalid("metadata", "Metadata takes 50 keys of 40 characters with values of 500.")
    return {name: str(value) for name, value in given.items()}


def _address(text: str, name: str) -> str:
    if not text.startswith(("http://", "https://")) or len(text) > 500:
        raise Refusal(400, "Not a valid URL", code="url_invalid", param=name)
    return text


def _short(text: str, name: str) -> str:
    if len(text) > 200:
        raise invalid(name, "At most 200 characters.")
    return text
